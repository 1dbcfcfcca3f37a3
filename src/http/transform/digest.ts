/** Digests over latin1 text, shared by `md5`, `sha1`, `sha256` and `hmac_sha256`. */
import { createHash, createHmac } from 'node:crypto';

/** The raw digest of the bytes of `text`, as latin1. */
export function digest(algorithm: 'md5' | 'sha1' | 'sha256', text: string): string {
  return createHash(algorithm).update(text, 'latin1').digest().toString('latin1');
}

/** HMAC-SHA-256 (RFC 2104) of the bytes of `text`, raw, as latin1. */
export function hmac(key: string, text: string): string {
  return createHmac('sha256', Buffer.from(key, 'latin1')).update(text, 'latin1').digest().toString('latin1');
}

/** Bytes written in hexadecimal, for examples. */
export function fromHex(hex: string): string {
  return Buffer.from(hex, 'hex').toString('latin1');
}
