/** The alphabet of Base64 (RFC 4648 §4), shared by the decoders that differ in what they do with other bytes. */

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Values of characters by byte, -1 for bytes outside of the alphabet; the caller may change its copy. */
export function base64Sextets(): Int8Array {
  const sextets = new Int8Array(256).fill(-1);
  for (let value = 0; value < 64; value++) sextets[ALPHABET.charCodeAt(value)] = value;
  return sextets;
}
