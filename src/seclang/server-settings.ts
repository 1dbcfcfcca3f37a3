/**
 * Directives that set up the server the rules were written for: what does the same in Ward, what has no effect here, and
 * what is missed. The names are those of ModSecurity 2.9 and 3.0.
 */
import type { SettingDirective } from './ast.ts';

/**
 * - `replaced`: something of Ward does it, with a value of its own
 * - `without-effect`: there is nothing here that it could change
 * - `missed`: Ward does not do it, and somebody may count on it
 */
export type SettingFate = 'replaced' | 'without-effect' | 'missed';

export interface ServerSetting {
  readonly fate: SettingFate;
  /** What stands in its place, or why nothing does. */
  readonly text: string;
}

const BODY = '`body hold …, window …, max …` of the policy';
const RESPONSE = '`response hold …, over …` of the policy';
const BODIES_READ = 'bodies are read as far as a rule asks for them';
const EVENTS =
  'each request with a match is an event in the log; `logs.access`, `logs.destination`, `logs.format`';
const NO_FILES = 'nothing of a request is written to a disk';
const CLIENTS_STATE = 'no collections of clients are kept; write a `limiter` or a ban';
const SLOW_CLIENTS = '`client_timeouts`, `limits.connections_per_client`, `limits.body_rate_min`';
const LINEAR = 'every regex runs in linear time';
const DOCUMENTS = 'XML is read without external entities, and its texts and attributes are arguments';
const REMOTE = 'the rules it brings are not imported; fetch them and name the files';

const GROUPS: readonly (readonly [fate: SettingFate, text: string, names: string])[] = [
  ['replaced', '`mode` of the policy, which has its value', 'SecRuleEngine'],
  ['replaced', BODY, 'SecRequestBodyLimit SecRequestBodyNoFilesLimit SecRequestBodyLimitAction'],
  ['replaced', BODY, 'SecRequestBodyInMemoryLimit SecStreamInBodyInspection'],
  ['replaced', RESPONSE, 'SecResponseBodyLimit SecResponseBodyLimitAction SecStreamOutBodyInspection'],
  ['replaced', BODIES_READ, 'SecRequestBodyAccess SecResponseBodyAccess'],
  ['replaced', 'depth and number of values are bounded', 'SecRequestBodyJsonDepthLimit SecArgumentsLimit'],
  ['replaced', 'parts of a form with files are bounded', 'SecUploadFileLimit'],
  [
    'replaced',
    EVENTS,
    'SecAuditEngine SecAuditLog SecAuditLog2 SecAuditLogParts SecAuditLogType SecAuditLogFormat',
  ],
  [
    'replaced',
    EVENTS,
    'SecAuditLogStorageDir SecAuditLogDirMode SecAuditLogFileMode SecAuditLogPrefix SecGuardianLog',
  ],
  ['replaced', EVENTS, 'SecAuditLogRelevantStatus'],
  ['replaced', '`logs.level`, and `ward explain` for one request', 'SecDebugLog SecDebugLogLevel'],
  [
    'replaced',
    SLOW_CLIENTS,
    'SecConnEngine SecConnReadStateLimit SecConnWriteStateLimit SecReadStateLimit SecWriteStateLimit',
  ],
  ['replaced', '`budget` of the policy', 'SecRulePerfTime'],
  ['replaced', 'look-alike characters are always mapped', 'SecUnicodeMapFile SecUnicodeCodePage'],
  ['replaced', DOCUMENTS, 'SecXmlExternalEntity SecParseXmlIntoArgs'],
  [
    'without-effect',
    NO_FILES,
    'SecTmpDir SecTmpSaveUploadedFiles SecUploadDir SecUploadFileMode SecUploadKeepFiles',
  ],
  ['without-effect', LINEAR, 'SecPcreMatchLimit SecPcreMatchLimitRecursion'],
  [
    'without-effect',
    'rules that read bodies read those of every media type',
    'SecResponseBodyMimeType SecResponseBodyMimeTypesClear',
  ],
  ['without-effect', 'compressed bodies are decompressed', 'SecDisableBackendCompression'],
  ['without-effect', 'equal transformations of a value are always shared', 'SecCacheTransformations'],
  [
    'without-effect',
    'separators of arguments and cookies are those of the standards',
    'SecArgumentSeparator SecCookieFormat SecCookieV0Separator',
  ],
  [
    'without-effect',
    'events name the policy and the instance',
    'SecComponentSignature SecSensorId SecWebAppId SecStatusEngine',
  ],
  [
    'without-effect',
    'a fault inside the engine follows `on engine_error` of the policy',
    'SecInterceptOnError',
  ],
  ['without-effect', 'there are no nested contexts; give each service its own Ward', 'SecRuleInheritance'],
  ['without-effect', 'Ward is a process of its own', 'SecChrootDir'],
  ['missed', 'answers keep the Server field of the service', 'SecServerSignature'],
  ['missed', CLIENTS_STATE, 'SecDataDir SecCollectionTimeout'],
  ['missed', 'answers are not rewritten; `mask` hides values', 'SecContentInjection'],
  ['missed', 'places of addresses are not looked up', 'SecGeoLookupDb'],
  ['missed', 'no outside service is asked', 'SecGsbLookupDb SecHttpBlKey'],
  ['missed', 'links are not signed', 'SecHashEngine SecHashKey SecHashParam SecHashMethodRx SecHashMethodPm'],
  [
    'missed',
    'links are not signed',
    'SecEncryptionEngine SecEncryptionKey SecEncryptionParam SecEncryptionMethodRx SecEncryptionMethodPm',
  ],
  ['missed', REMOTE, 'SecRemoteRules SecRemoteRulesFailAction'],
  ['missed', 'scripts are not run', 'SecRuleScript'],
];

const SETTINGS: ReadonlyMap<string, ServerSetting> = new Map(
  GROUPS.flatMap(([fate, text, names]) =>
    names.split(' ').map((name) => [name.toLowerCase(), { fate, text }] as const),
  ),
);

/** The names the table knows, as the manual spells them, with what becomes of each. */
export function serverSettings(): readonly (ServerSetting & { readonly name: string })[] {
  return GROUPS.flatMap(([fate, text, names]) => names.split(' ').map((name) => ({ name, fate, text })));
}

/** Whether a directive is one the import understands without its being a rule. `Include` is resolved by the reader. */
export function isKnownSetting(name: string): boolean {
  return SETTINGS.has(name.toLowerCase()) || /^include(?:optional)?$/i.test(name);
}

/** What becomes of a setting. */
export function fateOf({ name }: SettingDirective): ServerSetting {
  const known = SETTINGS.get(name.toLowerCase());
  if (known === undefined) throw new Error(`${name} was read as a setting`);
  return known;
}
