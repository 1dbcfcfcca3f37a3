/**
 * The check of one signature, by `node:crypto` itself. jose's goes through WebCrypto, whose hand-over to a thread costs
 * more than a third of an ES256 check (docs/adr/0022-tokens.md has the figures); a property test holds both to each other.
 */
import { createHmac, timingSafeEqual, verify } from 'node:crypto';
import { type Algorithm, type AlgorithmName, ALGORITHMS } from './algorithm.ts';
import type { VerificationKey } from './key-set.ts';

/**
 * True if the signature is that of the key over the text (ASCII). The caller has checked that the key serves the
 * algorithm. Slow algorithms answer later, from the thread pool; of Ed25519 and the longer curves 0.1 to 1.5 ms.
 */
export function signatureHolds(
  name: AlgorithmName,
  { key }: VerificationKey,
  text: string,
  signature: Buffer,
): boolean | Promise<boolean> {
  const { family, digest, pss, isSlow }: Algorithm = ALGORITHMS[name];
  const data = Buffer.from(text, 'latin1');
  if (family === 'secret') {
    const own = createHmac(digest as string, key)
      .update(data)
      .digest();
    return own.length === signature.length && timingSafeEqual(own, signature);
  }
  // JWS has both numbers of an ECDSA signature side by side (RFC 7518 §3.4), not in DER.
  const options = { key, dsaEncoding: 'ieee-p1363' as const, ...pss };
  if (!isSlow) return verify(digest, data, options, signature);
  return new Promise((resolve, reject) => {
    verify(digest, data, options, signature, (error, holds) => {
      if (error === null) resolve(holds);
      else reject(error);
    });
  });
}
