/** From rule sources to a checked policy, or to the diagnostics that say why not. */
import { compileProgram } from '../compiler/compile.ts';
import { analyseForChecker } from '../compiler/regex-analyser.ts';
import { SidecarError } from '../core/errors.ts';
import { checkProgram } from '../dsl/checker/check-program.ts';
import type { CheckedPolicy, ModeName } from '../dsl/checked.ts';
import type { Diagnostic } from '../dsl/diagnostics/diagnostic.ts';
import { renderText } from '../dsl/diagnostics/render-text.ts';
import { parseFile } from '../dsl/parser.ts';
import { createSource } from '../dsl/source.ts';
import { createEngine } from '../engine/engine.ts';
import type { FieldProvider } from '../http/schema.ts';
import { policyAsEnforced } from './example-runner.ts';
import { ExclusionAdvisor } from './exclusion/exclusion-advisor.ts';
import type { RuleEngine } from '../engine/engine.ts';
import type { Gates } from '../limiter/gates.ts';
import { importedShipped } from './rule-sources.ts';
import type { RuleSources } from './rule-sources.ts';
import { shippedImportOf } from './shipped-names.ts';
import { atOrigins } from './seclang-source.ts';
import type { CompileScenario } from './scenario/scenario-runner.ts';

export interface CheckRequest {
  readonly profile: string | undefined;
  /** `YYYY-MM-DD`: what `until` is compared with. */
  readonly today: string;
  /** Warnings about missing examples become errors. */
  readonly strict?: boolean;
  /** Rule files without a policy of their own. */
  readonly library?: boolean;
}

/** Rules that must not run. `diagnostics` has at least one error. */
export class RuleSetError extends SidecarError {
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    const errors = diagnostics.filter((found) => found.severity === 'error');
    const text = renderText(errors, { colour: false }).trimEnd();
    super('W_RULES_INVALID', text, { source: 'configuration' });
    this.name = 'RuleSetError';
    this.diagnostics = diagnostics;
  }
}

export class CheckedRuleSet {
  /** Null if any diagnostic is an error. */
  readonly policy: CheckedPolicy | null;
  readonly diagnostics: readonly Diagnostic[];

  constructor(policy: CheckedPolicy | null, diagnostics: readonly Diagnostic[]) {
    this.policy = policy;
    this.diagnostics = diagnostics;
  }

  /** The policy. @throws RuleSetError if there is none */
  demand(): CheckedPolicy {
    if (this.policy === null) throw new RuleSetError(this.diagnostics);
    return this.policy;
  }
}

/** Parses and checks; never throws at an author. A file with syntax errors is not checked: its names are not known. */
export function checkRuleSet(sources: RuleSources, request: CheckRequest): CheckedRuleSet {
  const parsed = sources.files.map((file) => parseFile(createSource(file.path, file.text)));
  const syntax = parsed.flatMap((one) => one.diagnostics);
  if (syntax.some((found) => found.severity === 'error'))
    return new CheckedRuleSet(null, atOrigins(syntax, sources.files));
  const { profile, today, strict = false, library = false } = request;
  const checked = checkProgram(
    parsed.map((one) => one.file),
    {
      regex: analyseForChecker,
      today,
      strict,
      library,
      listFiles: new Map([...sources.lists].map(([path, list]) => [path, list.lines])),
      importOf: shippedImportOf,
      ...(profile === undefined ? {} : { profile }),
    },
  );
  // Of a shipped file one policy needs this, another that: what is unused there is nobody's to remove.
  const shipped = importedShipped(sources);
  const told = checked.diagnostics.filter(
    ({ code, span }) => code !== 'W501' || !shipped.has(span.source.path),
  );
  return new CheckedRuleSet(checked.policy, atOrigins([...syntax, ...told], sources.files));
}

export interface CompileRequest extends CheckRequest {
  /** Replaces the policy's mode. */
  readonly mode: ModeName | undefined;
  readonly secrets: ReadonlyMap<string, string>;
  /** Key of the hashes that stand for redacted values. */
  readonly redactionKey: Uint8Array;
  /** Limits, floods and bans that the engines of a process share. */
  readonly gates?: Gates;
}

/** A program, and what would let a request pass that it refuses. */
export interface CompiledRuleSet {
  readonly engine: RuleEngine;
  readonly advisor: ExclusionAdvisor;
}

/** Parses, checks and compiles. @throws RuleSetError */
export function compileRuleSet(sources: RuleSources, request: CompileRequest): CompiledRuleSet {
  const policy = checkRuleSet(sources, request).demand();
  const { profile, mode, secrets, redactionKey, gates } = request;
  const { program, diagnostics } = compileProgram(policy, {
    secrets,
    hashKey: redactionKey,
    staleLists: new Set(sources.stale),
    ...(profile === undefined ? {} : { profile }),
    ...(mode === undefined ? {} : { mode }),
  });
  if (diagnostics.some((found) => found.severity === 'error'))
    throw new RuleSetError(atOrigins(diagnostics, sources.files));
  const engine = createEngine(program, gates === undefined ? {} : { gates });
  const settings = (profile === undefined ? undefined : policy.profiles.get(profile)) ?? policy.settings;
  return { engine, advisor: new ExclusionAdvisor({ ...policy, settings }) };
}

/** What only the compiler finds: cost over budget (E501), blocks that are final too late (W505). */
export function compileDiagnostics(policy: CheckedPolicy): readonly Diagnostic[] {
  return compileProgram(policy, { secrets: placeholderSecrets(policy) }).diagnostics;
}

/** An engine for examples and explanations: secrets have values that nobody sends. */
export function compilePolicyForTests(policy: CheckedPolicy): RuleEngine {
  return createEngine(compileProgram(policy, { secrets: placeholderSecrets(policy) }).program);
}

/** An engine for a scenario: the policy as enforced, on limits and a time of its own. */
export const compileScenario: CompileScenario = (policy, switches, gates, time) => {
  const options = { secrets: placeholderSecrets(policy), switches };
  return createEngine(compileProgram(policyAsEnforced(policy), options).program, { clock: time, gates });
};

/** Values that nobody sends, for every secret of a policy. */
export function placeholderSecrets(policy: CheckedPolicy): ReadonlyMap<string, string> {
  return new Map(policy.secrets.map(({ name }) => [name, `placeholder of ${name}`]));
}

const PROVIDERS: Readonly<Record<FieldProvider, { readonly lacks: string; readonly hint: string }>> = {
  jwt: {
    lacks: 'no issuer of tokens is configured',
    hint: 'name whose tokens are believed in `jwt.issuers` (docs/identity.md)',
  },
  client_certificates: {
    lacks: 'clients are asked for no certificate',
    hint: 'set `tls.clients.mode` and `tls.clients.ca` (docs/identity.md)',
  },
};

/**
 * @param provided what the configuration provides
 * @throws SidecarError W_CONFIG_INVALID when the rules read what nothing here provides
 */
export function demandProviders(policy: CheckedPolicy, provided: ReadonlySet<FieldProvider>): void {
  const need = policy.needs.find(({ provider }) => !provided.has(provider));
  if (need === undefined) return;
  const { line, column } = need.span.source.lineAt(need.span.start);
  const { lacks, hint } = PROVIDERS[need.provider];
  const message = `${need.span.source.path}:${line}:${column}: the rules read ${need.field}, and ${lacks}`;
  throw new SidecarError('W_CONFIG_INVALID', message, { source: 'configuration', hint });
}

/** @throws SidecarError W_CONFIG_INVALID naming the secrets of the rules that the configuration gives no value */
export function demandSecrets(policy: CheckedPolicy, secrets: ReadonlyMap<string, string>): void {
  const missing = policy.secrets.filter(({ name }) => !secrets.has(name)).map(({ name }) => name);
  if (missing.length === 0) return;
  const message = `the rules use secrets without a value: ${missing.join(', ')}`;
  const hint = `write \`secrets: { ${missing[0]}: { env: NAME } }\` into the configuration`;
  throw new SidecarError('W_CONFIG_INVALID', message, { source: 'configuration', hint });
}
