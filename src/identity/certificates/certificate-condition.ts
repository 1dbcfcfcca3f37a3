/**
 * What type of certificate a client must show, beyond a chain that holds: any one of the conditions an operator lists,
 * all entries of which must agree. `*` stands for any run of characters but the separators of the name it is in.
 */
import type { ClientCertificate } from '../../http/tls-facts.ts';

/** Plain data, as configured. An entry that is missing asks nothing; in a list any one must agree. */
export interface CertificateCondition {
  /** Patterns of the subject in RFC 4514 text. */
  readonly subject?: readonly string[];
  readonly issuer?: readonly string[];
  readonly dns?: readonly string[];
  readonly uri?: readonly string[];
  readonly email?: readonly string[];
  readonly spiffe?: readonly string[];
  /** SHA-256, hexadecimal, with or without colons. */
  readonly fingerprint?: readonly string[];
  /** All of them must be there. */
  readonly keyUsage?: readonly string[];
  readonly extendedKeyUsage?: readonly string[];
  readonly policy?: readonly string[];
}

type Test = (certificate: ClientCertificate) => boolean;

/** Compiles the conditions. Without any, every certificate will do. */
export function certificateTest(conditions: readonly CertificateCondition[]): Test {
  if (conditions.length === 0) return () => true;
  const tests = conditions.map(compile);
  return (certificate) => tests.some((test) => test(certificate));
}

function compile(condition: CertificateCondition): Test {
  const parts: Test[] = [];
  const anyOf = (
    patterns: readonly string[] | undefined,
    separator: string,
    values: (of: ClientCertificate) => readonly string[],
  ): void => {
    if (patterns === undefined) return;
    const matchers = patterns.map((pattern) => wildcard(pattern, separator));
    parts.push((certificate) =>
      values(certificate).some((value) => matchers.some((matches) => matches(value))),
    );
  };
  const allOf = (
    wanted: readonly string[] | undefined,
    values: (of: ClientCertificate) => readonly string[],
  ): void => {
    if (wanted !== undefined)
      parts.push((certificate) => wanted.every((one) => values(certificate).includes(one)));
  };
  anyOf(condition.subject, ',', ({ subject }) => [subject]);
  anyOf(condition.issuer, ',', ({ issuer }) => [issuer]);
  anyOf(
    condition.dns?.map((name) => name.toLowerCase()),
    '.',
    ({ dnsNames }) => dnsNames,
  );
  anyOf(condition.uri, '/', ({ uris }) => uris);
  anyOf(condition.email, '@', ({ emails }) => emails);
  anyOf(condition.spiffe, '/', ({ spiffe }) => (spiffe === undefined ? [] : [spiffe]));
  const pins = condition.fingerprint?.map((pin) => pin.replaceAll(':', '').toLowerCase());
  if (pins !== undefined) parts.push(({ fingerprint }) => pins.includes(fingerprint));
  allOf(condition.keyUsage, ({ keyUsages }) => keyUsages);
  allOf(condition.extendedKeyUsage, ({ extendedKeyUsages }) => extendedKeyUsages);
  allOf(condition.policy, ({ policies }) => policies);
  return (certificate) => parts.every((part) => part(certificate));
}

/**
 * Whether a whole text fits a pattern. One pass over the text for each star: a pattern cannot make it explode, as a regular expression could.
 */
export function wildcard(pattern: string, separator: string): (text: string) => boolean {
  const pieces = pattern.split('*');
  return (text) => fits(pieces, text, separator);
}

function fits(pieces: readonly string[], text: string, separator: string): boolean {
  const [first = '', ...rest] = pieces;
  // Positions of the text at which the pieces so far can end.
  let ends = new Set(text.startsWith(first) ? [first.length] : []);
  for (const piece of rest) {
    const next = new Set<number>();
    let reaches = false;
    for (let at = 0; at <= text.length; at++) {
      if (ends.has(at)) reaches = true;
      if (reaches && text.startsWith(piece, at)) next.add(at + piece.length);
      if (text[at] === separator) reaches = false;
    }
    ends = next;
  }
  return ends.has(text.length);
}
