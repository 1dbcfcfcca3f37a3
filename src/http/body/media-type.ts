/** Media types with parameters as in `Content-Type` (RFC 9110 §8.3.1), read strictly. */

export interface MediaType {
  /** `type/subtype` in lower case; '' when the field has none. */
  readonly essence: string;
  /** Names in lower case, values unquoted, in order; duplicates are kept. */
  readonly parameters: readonly (readonly [name: string, value: string])[];
  /** False when something in the field is not what the RFC allows: parsers then differ in what they read. */
  readonly sound: boolean;
}

const ESSENCE = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+\/[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** One parameter, or nothing, after its semicolon. A backslash in quotes is refused: not everybody unescapes it. */
const PARAMETER =
  /;[ \t]*(?:([!#$%&'*+\-.^_`|~0-9A-Za-z]+)=(?:([!#$%&'*+\-.^_`|~0-9A-Za-z]+)|"([^"\\\x00-\x08\x0a-\x1f\x7f]*)"))?[ \t]*/y;

/** Reads a field value (latin1). Linear; never throws. */
export function parseMediaType(field: string): MediaType {
  const semicolon = field.indexOf(';');
  const essence = (semicolon < 0 ? field : field.slice(0, semicolon)).trim().toLowerCase();
  const parameters: [string, string][] = [];
  let at = semicolon < 0 ? field.length : semicolon;
  while (at < field.length) {
    PARAMETER.lastIndex = at;
    const found = PARAMETER.exec(field);
    if (found === null) return { essence, parameters, sound: false };
    if (found[1] !== undefined) parameters.push([found[1].toLowerCase(), found[2] ?? found[3]]);
    at = PARAMETER.lastIndex;
  }
  return { essence, parameters, sound: ESSENCE.test(essence) };
}

/** Values of all parameters of that name. */
export function parametersNamed(type: MediaType, name: string): string[] {
  return type.parameters.filter(([found]) => found === name).map(([, value]) => value);
}

/** True unless a charset is given that is neither UTF-8 nor a part of it, or more than one is given. */
export function isReadableCharset(type: MediaType, latin1Allowed = false): boolean {
  const charsets = parametersNamed(type, 'charset').map((charset) => charset.toLowerCase());
  if (charsets.length === 0) return true;
  const [charset] = charsets;
  if (charsets.length > 1) return false;
  if (charset === 'utf-8' || charset === 'utf8' || charset === 'us-ascii') return true;
  return latin1Allowed && charset === 'iso-8859-1';
}
