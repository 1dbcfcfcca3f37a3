/** Slots of a Redis Cluster (Redis Cluster specification, "Key distribution model"): CRC16/XMODEM of the key, modulo 16384. */

const SLOTS = 16_384;
const POLYNOMIAL = 0x1021;

const TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ POLYNOMIAL : crc << 1;
  return crc;
});

/** Slot of an ASCII key. Only what stands between the first `{` and the next `}` counts, unless nothing does. */
export function keySlot(key: string): number {
  const open = key.indexOf('{');
  const close = open < 0 ? -1 : key.indexOf('}', open + 1);
  const tagged = close > open + 1;
  const end = tagged ? close : key.length;
  let crc = 0;
  for (let at = tagged ? open + 1 : 0; at < end; at++) {
    crc = ((crc << 8) & 0xffff) ^ (TABLE[(crc >> 8) ^ (key.charCodeAt(at) & 0xff)] ?? 0);
  }
  return crc % SLOTS;
}
