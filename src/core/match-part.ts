/**
 * What a message may say of the match it belongs to (`{match.text}`): one list for the checker that reads the names, the
 * checked policy and the program that carries them, and the report that prints them. docs/language.md says what each is.
 */
export const MATCH_PARTS = [
  'name',
  'path',
  'variable',
  'value',
  'text',
  'subject',
  'count',
  'pointer',
  'reason',
] as const;

export type MatchPart = (typeof MATCH_PARTS)[number];
