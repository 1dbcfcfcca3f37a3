/** Set-associative hash table of limiter records in shared memory. */
export const WAYS = 8;
/** 8-byte numbers of one record. */
export const SMALL_RECORD = 4;
export const SLIDING_RECORD = 11;

export function tableBytes(recordNumbers: number, sets: number): number {
  return sets * 8 * (1 + WAYS + WAYS * recordNumbers);
}
