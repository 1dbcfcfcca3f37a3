/** Where the values of a request body come from, by what the body is. */
import type { BodyKind } from '../http/body/reader.ts';
import { ORIGIN } from '../http/value.ts';
import { ORIGIN_FILE } from './program.ts';

export const BODY_KINDS = [
  'none',
  'urlencoded',
  'json',
  'multipart',
  'xml',
  'text',
  'opaque',
] as const satisfies readonly BodyKind[];

/**
 * Origins that a body of a kind has values of, beside its raw text. `text` is sniffed, so it may be a form or a document. A
 * value may hold JSON of its own.
 */
export const ORIGINS_OF_KIND: Readonly<Record<BodyKind, readonly number[]>> = {
  none: [],
  opaque: [],
  text: [ORIGIN.form, ORIGIN.json, ORIGIN.xml, ORIGIN.nested],
  urlencoded: [ORIGIN.form, ORIGIN.nested],
  json: [ORIGIN.json, ORIGIN.nested],
  multipart: [ORIGIN.multipart, ORIGIN.part_header, ORIGIN.nested, ORIGIN_FILE],
  xml: [ORIGIN.xml, ORIGIN.nested],
};

/** Bits of the origins that nothing but a body of a certain kind has values of. */
const OF_SOME_KIND =
  (1 << ORIGIN.form) |
  (1 << ORIGIN.json) |
  (1 << ORIGIN.multipart) |
  (1 << ORIGIN.xml) |
  (1 << ORIGIN.part_header) |
  (1 << ORIGIN_FILE);

/** Whether a request with a body of that kind may bring a value of one of the origins (bits). */
export function mayCome(origins: number, kind: BodyKind): boolean {
  const ofKind = ORIGINS_OF_KIND[kind].reduce((bits, origin) => bits | (1 << origin), 0);
  return (origins & (ofKind | ~OF_SOME_KIND)) !== 0;
}
