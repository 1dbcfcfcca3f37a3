/**
 * What a script must reach for to harm the visitor of a page: what the page keeps for itself, code from elsewhere, or
 * text that becomes code. Texts about the web hold many scripts that call something; few of them do this.
 */
import { CALLS, NO_EFFECT, TELLING } from './effect.ts';
import { scriptEffect } from './script-effect.ts';

const SITE = String.raw`(?:https?:|wss?:)?[\\/]{2}`;
const OPEN_STRING = String.raw`\s{0,8}['"\x60]\s{0,8}`;

const REACHES = new RegExp(
  [
    // The session, whole or by a name in brackets.
    String.raw`\bdocument\s{0,4}(?:\?\s?\.|\.|\[\s{0,4}['"\x60])\s{0,4}(?:cookie|domain)\b`,
    // Code from elsewhere.
    String.raw`\bcreateelement(?:ns)?\s{0,4}\([^)]{0,64}['"\x60]script`,
    String.raw`\b(?:getscript|importscripts)\s{0,4}\(`,
    String.raw`\b(?:import\s{0,4}\(|import|from)${OPEN_STRING}(?:${SITE}|data:|blob:)`,
    String.raw`(?:\.src|\[\s{0,4}['"\x60]src['"\x60]\s{0,4}\])\s{0,4}=${OPEN_STRING}${SITE}`,
    // Leaving for another site, or telling it something.
    String.raw`\blocation\b(?:\s{0,4}\.\s{0,4}href)?\s{0,4}=${OPEN_STRING}(?:${SITE}|javascript:|data:)`,
    String.raw`\blocation\s{0,4}\.\s{0,4}(?:assign|replace)\s{0,4}\(${OPEN_STRING}(?:${SITE}|javascript:)`,
    String.raw`['"\x60]${SITE}[^'"\x60\s]{0,256}(?:['"]\s{0,8}\+|\$\{)`,
    String.raw`\bsendbeacon\s{0,4}\(${OPEN_STRING}${SITE}`,
    // Text that becomes code, and names that are hidden from a reader.
    String.raw`\b(?:eval|settimeout|setinterval|function|execscript)\s{0,4}(?:\(|\.\s{0,4}(?:call|apply))\s{0,4}(?:atob|unescape|decodeuri|string\.|\w{0,16}\.?name\b|location|document|['"\x60]\s{0,4}(?:alert|eval|fetch|import))`,
    String.raw`\b(?:alert|prompt|confirm)\s{0,4}(?:\(|\x60|\.\s{0,4}(?:call|apply|bind))`,
    String.raw`(?:\\x[0-9a-f]{2}){3}|(?:\\u\{?0{0,4}[4-7][0-9a-f]\}?){2}`,
    String.raw`(?:~|[(+]!)\[\]|\(o\^_\^o\)`,
    String.raw`\bfromcharcode\s{0,4}\(\s{0,4}\d`,
  ].join('|'),
  'i',
);

/** Whether a text, as code or what is left of it, reaches for any of that. Linear. */
export function reaches(script: string): boolean {
  return REACHES.test(script);
}

/** Whether the text between `from` and `end`, as a script of its own, does what hardly anything but an attack does. */
export function scriptHarms(text: string, from: number, end: number, isClosed: boolean): boolean {
  const effect = scriptEffect(text, from, end, 0);
  if (effect === TELLING) return true;
  // Broken syntax may only look broken to this reader; where nothing marks the end it is prose that goes on.
  return (effect === CALLS || (isClosed && effect === NO_EFFECT)) && reaches(text.slice(from, end));
}
