/** A certificate of Ward's own and its private key: whether they can be read, belong together and are in their time. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { CERTIFICATE_CHAIN_MAX } from '../../core/limits.ts';
import { pemBlocks } from './revocation-list.ts';

/** PEM texts. */
export interface KeyPairTexts {
  /** The certificate, then those between it and a root. */
  readonly cert: string;
  readonly key: string;
  readonly passphrase: string | undefined;
}

export type Chain = readonly [X509Certificate, ...X509Certificate[]];

export interface KeyPairReport {
  readonly chain: Chain;
  readonly expiresAtMs: number;
}

const RSA_BITS_MIN = 2_048;

/**
 * @param passphraseSetting the setting that opens the key, for messages
 * @throws Error that says what is wrong, without a path
 */
export function checkKeyPair(texts: KeyPairTexts, passphraseSetting: string, nowMs: number): KeyPairReport {
  const chain = readChain(texts.cert);
  const [leaf] = chain;
  const key = readKey(texts.key, texts.passphrase, passphraseSetting);
  if (!leaf.checkPrivateKey(key)) throw new Error('the private key does not belong to the certificate');
  if (key.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) < RSA_BITS_MIN) {
    throw new Error(`the RSA key has fewer than ${RSA_BITS_MIN} bits; TLS libraries refuse it`);
  }
  const [from, to] = [Date.parse(leaf.validFrom), Date.parse(leaf.validTo)];
  if (nowMs > to) throw new Error(`the certificate expired on ${new Date(to).toISOString()}`);
  if (nowMs < from) throw new Error(`the certificate is not valid before ${new Date(from).toISOString()}`);
  return { chain, expiresAtMs: to };
}

/** All certificates of a PEM text, at least one. @throws Error */
export function readChain(pem: string): Chain {
  const blocks = pemBlocks(pem, 'CERTIFICATE');
  if (blocks.length > CERTIFICATE_CHAIN_MAX)
    throw new Error(`more than ${CERTIFICATE_CHAIN_MAX} certificates`);
  const chain = blocks.map((block, index) => {
    try {
      return new X509Certificate(block);
    } catch {
      throw new Error(`block ${index + 1} is no certificate that can be read`);
    }
  });
  const [first, ...rest] = chain;
  if (first === undefined) throw new Error('no certificate in it: expected PEM blocks of CERTIFICATE');
  return [first, ...rest];
}

function readKey(pem: string, passphrase: string | undefined, passphraseSetting: string): KeyObject {
  try {
    return createPrivateKey(passphrase === undefined ? pem : { key: pem, passphrase });
  } catch {
    if (!/PRIVATE KEY-----/.test(pem))
      throw new Error('no private key in it: expected a PEM block of PRIVATE KEY');
    if (!/ENCRYPTED/.test(pem)) throw new Error('the private key cannot be read');
    throw new Error(
      passphrase === undefined
        ? `the private key is encrypted: give ${passphraseSetting}`
        : `${passphraseSetting} does not open the private key`,
    );
  }
}
