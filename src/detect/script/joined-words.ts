/**
 * Words that a script hides by taking them apart: `'al' + 'ert'`, `a = 'ev'; b = 'al'`, `/loc/.source + /ation/.source`,
 * `<s>ev</s> + <s>al</s>` (ECMA-357). The pieces are literals, and whatever the operators between them are, in the order of
 * the text they make the word again. Only words that begin where a piece begins, and end where one ends or where a name
 * does, count: `'name', 'value'` holds no `eval`.
 */
import { JOINED_TEXT_BYTES_MAX } from '../../core/limits.ts';

/** A branch that is not taken, `0 ? 'x' :`, is skipped; then the literals, as strings, expressions and elements. */
const PIECE =
  /\b0\s{0,2}\?\s{0,2}(?:'[^']{0,8}'|"[^"]{0,8}")\s{0,2}:|'([^'\n]{0,24})'|"([^"\n]{0,24})"|`([^`\n]{0,24})`|\/([\w.=():]{1,24})\/[\s/]{0,6}\.\s{0,2}source|<\w{0,4}>([\w.():]{1,16})<\//g;
const WORD =
  /^(?:javascript:|alert|eval|confirm|prompt|unescape|location|document|fromcharcode|constructor|settimeout|cookie|innerhtml|<\/?script)/;
const WORD_CHARS_MAX = 12;

/** Whether literals of the text make a word that stands nowhere in it. Linear: what is long is not looked at. */
export function joinsHiddenWord(text: string): boolean {
  if (text.length > JOINED_TEXT_BYTES_MAX) return false;
  let joined = '';
  const seams = new Set<number>();
  for (const match of text.matchAll(PIECE)) {
    joined += match[1] ?? match[2] ?? match[3] ?? match[4] ?? match[5] ?? '';
    seams.add(joined.length);
  }
  if (seams.size < 2) return false;
  const lower = text.toLowerCase();
  joined = joined.toLowerCase();
  seams.add(0);
  for (const from of seams) {
    const word = WORD.exec(joined.slice(from, from + WORD_CHARS_MAX))?.[0];
    if (word === undefined || lower.includes(word)) continue;
    const end = from + word.length;
    if (seams.has(end) || !/\w/.test(joined.charAt(end))) return true;
  }
  return false;
}
