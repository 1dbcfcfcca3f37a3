/** The phases of an exchange as bits, so that "has ended" and "has begun" are one test in the hot path. */
import type { Phase } from './api.ts';

/** In order of time; `ws_message` stands apart and repeats. The position is the numeric phase. */
export const PHASES: readonly Phase[] = [
  'connection',
  'headers',
  'body',
  'ws_message',
  'response_headers',
  'response_body',
];

export const PHASE = Object.freeze({
  CONNECTION: 0,
  HEADERS: 1,
  BODY: 2,
  WS_MESSAGE: 3,
  RESPONSE_HEADERS: 4,
  RESPONSE_BODY: 5,
});

/** Which sum a rule's score goes to, and whose `on uninspectable` it follows. */
export function isResponsePhase(phase: number): boolean {
  return phase >= PHASE.RESPONSE_HEADERS;
}
