/** The five phases of a transaction, by number or by name. */

const NAMES: Readonly<Record<string, number>> = { request: 2, response: 4, logging: 5 };

/** Phase of a rule that names none. */
export const DEFAULT_PHASE = 2;

/** 1 to 5; undefined for a text that names no phase. */
export function phaseNumber(written: string): number | undefined {
  return /^[1-5]$/.test(written) ? Number(written) : NAMES[written.toLowerCase()];
}
