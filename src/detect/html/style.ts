/**
 * CSS that runs script: only in former browsers, but still sent. CSS that merely shows is no attack, `@import` included.
 *
 * Escapes (CSS Syntax 3 §4.3.7) and comments hide words; both are undone first. Words are looked for only in text
 * that is a style, so prose with "expression" is not asked.
 */

/** Behaviours that Office writes into every page draw and mark; others may run. */
const RUNS =
  /expression\s{0,8}\(|-moz-binding\s{0,8}:|(?:^|[;{\s"'])behaviou?r\s{0,8}:\s{0,8}(?:url(?!\(#(?:default#vml|ieooui)\))|expression)|(?:url\s{0,8}\(|@import)\s{0,8}["']?[\x00-\x20]{0,8}(?:javascript|vbscript|livescript|mocha)\s{0,8}:|(?:url\s{0,8}\(|@import)\s{0,8}["']?\s{0,8}data:text\/(?:html|javascript)|-o-link\s{0,8}:\s{0,8}["']?(?:javascript|data)/;
const STRINGS = /"[^"\n]{0,256}"|'[^'\n]{0,256}'/g;
/** Any of these is in every style that runs; a look that saves the rest. */
const MAY_RUN = /[\\(:]|@import/;

/** Whether a style attribute or sheet runs script. Linear. */
export function styleRuns(style: string): boolean {
  if (!MAY_RUN.test(style)) return false;
  const plain = withoutEscapes(style.toLowerCase());
  if (RUNS.test(withoutComments(plain))) return true;
  // A comment that begins in a string is none.
  return plain.includes('/*') && RUNS.test(withoutComments(plain.replace(STRINGS, ' ')));
}

function withoutEscapes(style: string): string {
  if (!style.includes('\\')) return style;
  return style.replace(/\\(?:([0-9a-f]{1,6})\s?|([^\n]))/g, (_, hex: string | undefined, char: string) =>
    hex === undefined ? char : String.fromCharCode(Math.min(parseInt(hex, 16), 0xff)),
  );
}

function withoutComments(style: string): string {
  let open = style.indexOf('/*');
  if (open < 0) return style;
  let kept = '';
  let from = 0;
  while (open >= 0) {
    kept += style.slice(from, open);
    const close = style.indexOf('*/', open + 2);
    if (close < 0) return kept;
    from = close + 2;
    open = style.indexOf('/*', from);
  }
  return kept + style.slice(from);
}
