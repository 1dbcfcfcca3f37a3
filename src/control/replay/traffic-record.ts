/** What the readers of recorded traffic have in common: the outcome of reading a line, and JSON of unknown shape. */
import type { WrittenRequest } from '../inspection.ts';

/** `skipped`: an object that describes the file, or an event of something else than a request. */
export type TrafficRequest =
  | { readonly kind: 'request'; readonly request: WrittenRequest }
  | { readonly kind: 'skipped' }
  /** An event that tells too little of its request. */
  | { readonly kind: 'incomplete'; readonly why: string }
  | { readonly kind: 'wrong'; readonly why: string };

export type JsonRecord = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Text of a file as the bytes a client sends. */
export function latin1(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
