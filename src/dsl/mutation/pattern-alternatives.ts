/** Finds the alternatives of a pattern in its text, so that some can be cut out and the rest is a pattern still. */

/** Alternatives side by side: removing [start, end) from the source removes them and one of the bars beside them. */
export interface PatternCut {
  readonly start: number;
  readonly end: number;
  /** What goes, with the bars between. */
  readonly text: string;
}

interface Group {
  /** Where the first alternative begins, behind `(`, `(?:` and the like. */
  readonly start: number;
  readonly bars: number[];
}

/** What stands between the bracket of a group and its first alternative (RE2 syntax): flags or a name. */
const GROUP_HEAD = /\?(?:P?<[^>]*>|[a-zA-Z-]*:)/y;

/** A group of more alternatives is a list of words, of which nobody gives an example each: it is cut in halves. */
const ALTERNATIVES_CUT_MAX = 3;

/**
 * What can be cut out of a pattern and each of its groups: every alternative, or of many one half and the other. In
 * order of where groups end. `(?i)` stands alone and belongs to the alternative it begins. O(length). The source must
 * be a valid RE2 pattern.
 */
export function patternCuts(source: string): readonly PatternCut[] {
  const found: PatternCut[] = [];
  const open: Group[] = [{ start: 0, bars: [] }];
  for (let at = 0; at < source.length; at++) {
    const char = source[at];
    if (char === '\\') at = escapeEnd(source, at);
    else if (char === '[') at = classEnd(source, at);
    else if (char === '(') {
      GROUP_HEAD.lastIndex = at + 1;
      open.push({ start: GROUP_HEAD.test(source) ? GROUP_HEAD.lastIndex : at + 1, bars: [] });
    } else if (char === '|') open.at(-1)?.bars.push(at);
    else if (char === ')') collect(source, open.pop(), at, found);
  }
  collect(source, open.pop(), source.length, found);
  return found;
}

/** The source without what a cut takes away. */
export function cutOut(source: string, { start, end }: PatternCut): string {
  return source.slice(0, start) + source.slice(end);
}

function collect(source: string, group: Group | undefined, close: number, found: PatternCut[]): void {
  if (group === undefined || group.bars.length === 0) return;
  const edges = [group.start - 1, ...group.bars, close];
  const alternatives = edges.length - 1;
  const size = alternatives <= ALTERNATIVES_CUT_MAX ? 1 : Math.ceil(alternatives / 2);
  for (let first = 0; first < alternatives; first += size) {
    const [from, to] = [edges[first] + 1, edges[Math.min(first + size, alternatives)]];
    const text = source.slice(from, to);
    // The first takes the bar behind it along, every other the one before it.
    found.push(first === 0 ? { start: from, end: to + 1, text } : { start: from - 1, end: to, text });
  }
}

/** The last character of an escape; `\Q…\E` is one. */
function escapeEnd(source: string, at: number): number {
  if (source[at + 1] !== 'Q') return at + 1;
  const end = source.indexOf('\\E', at + 2);
  return end < 0 ? source.length : end + 1;
}

/** The closing bracket of a class; a bracket right behind `[` or `[^` is a member. */
function classEnd(source: string, at: number): number {
  let next = at + (source[at + 1] === '^' ? 2 : 1);
  if (source[next] === ']') next++;
  for (; next < source.length && source[next] !== ']'; next++) {
    if (source[next] === '\\') next++;
    else if (source.startsWith('[:', next)) next = Math.max(next, source.indexOf(':]', next) + 1);
  }
  return next;
}
