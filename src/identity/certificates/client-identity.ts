/**
 * Looks at what Ward shows and trusts where it is the client itself, before either is used: what would fail in every
 * handshake is an error, what may fail in some is a warning.
 */
import { checkKeyPair, type KeyPairTexts, readChain } from './key-pair.ts';

export interface ClientIdentityReport {
  readonly expiresAtMs: number;
}

/** id-kp-clientAuth and anyExtendedKeyUsage (RFC 5280 §4.2.1.12). */
const CLIENT_USES = ['1.3.6.1.5.5.7.3.2', '2.5.29.37.0'];

/** @throws Error that says what is wrong, without a path */
export function checkClientIdentity(
  texts: KeyPairTexts,
  passphraseSetting: string,
  nowMs: number,
): ClientIdentityReport {
  const { chain, expiresAtMs } = checkKeyPair(texts, passphraseSetting, nowMs);
  // Node calls the *extended* uses `keyUsage`; a certificate without any may be used for all.
  const uses = chain[0].keyUsage as readonly string[] | undefined;
  if (uses !== undefined && !uses.some((use) => CLIENT_USES.includes(use))) {
    throw new Error('it may not be used by clients (extended key usage without clientAuth)');
  }
  return { expiresAtMs };
}

/**
 * Certificates that may sign servers, or stand for one themselves. Returns warnings: bundles keep roots that have expired.
 * @throws Error when none of them is good any more
 */
export function checkTrusted(pem: string, nowMs: number): readonly string[] {
  const chain = readChain(pem);
  const ended = chain.filter(({ validTo }) => nowMs > Date.parse(validTo));
  const texts = ended.map(
    ({ subject, validTo }) =>
      `${subject.replaceAll('\n', ', ')} expired on ${new Date(Date.parse(validTo)).toISOString()}`,
  );
  if (ended.length === chain.length) throw new Error(texts.join('; '));
  return texts;
}
