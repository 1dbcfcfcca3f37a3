/**
 * Extraction: what every match of a regex must contain.
 *
 * The scanner folds ASCII case and skips *erased* bytes, so literals are held the same way: lower-case, without
 * erased bytes. Of those, blanks are skipped only where the regex or a transformation before it may have some, which a
 * literal says with a `GAP`: else words of two or three letters, which rules look for, would be found across the words of
 * any prose ("green velvet" has `env`). All results are necessary conditions; giving one up is always sound, inventing
 * one never is. The caps keep the sets small: a cross product beyond them ends one literal and starts the next.
 */
import { ByteSet, lowerByte } from './byte-set.ts';
import type { RegexNode } from './regex-ast.ts';
import { WORD } from './regex-classes.ts';

/** Lower-case literals without erased bytes, of which a matching text contains at least one. None is empty, or begins or ends with a `GAP`. */
export type Clause = ReadonlySet<string>;

export interface Facts {
  /** The match, folded and erased, is one of these; null when there are too many. Any may be empty, begin or end with a `GAP`. */
  readonly exact: Clause | null;
  /** All of them hold. */
  readonly clauses: readonly Clause[];
  /** The text contains a byte of each. */
  readonly masks: readonly ByteSet[];
}

/**
 * White space (the no-break space is C2 A0), NUL, quotes, backslash, caret, comma, semicolon. A test compares it with
 * the set the transformations promise to keep to.
 */
export const ERASED = ByteSet.of('\t\n\v\f\r \xa0\xc2\0"\'\\^,;');

/** Erased bytes that part words. */
export const BLANKS = ByteSet.of('\t\n\v\f\r ');

/** In a literal: any number of blanks may stand here. No latin1 character, so no byte is meant by it. */
export const GAP = '\u0100';

const SET_MEMBERS_MAX = 8;
const EXACT_MAX = 2_000;
const CROSS_MAX = 256;
const REPEAT_MAX = 64;
/** Growing one literal by single bytes is quadratic, and none needs to be longer to be rare. */
const RUN_BYTES_MAX = 64;
const MASKS_KEPT_MAX = 8;
/** Bytes so common that their presence says nothing. */
const COMMON = WORD.union(ByteSet.of(' -.'));

const NOTHING: Clause = new Set(['']);
const EMPTY_FACTS: Facts = { exact: NOTHING, clauses: [], masks: [] };
const UNKNOWN_FACTS: Facts = { exact: null, clauses: [], masks: [] };

/** Facts of one tree. `erased` are the bytes the scanner skips. */
export function factsOf(node: RegexNode, erased: ByteSet): Facts {
  switch (node.kind) {
    case 'assert':
      return EMPTY_FACTS;
    case 'set':
      return setFacts(node.bytes, erased);
    case 'group':
      return factsOf(node.item, erased);
    case 'sequence':
      return sequenceFacts(node.items.map((item) => factsOf(item, erased)));
    case 'choice':
      return choiceFacts(
        node.options.map((option) => factsOf(option, erased)),
        erased,
      );
    case 'repeat':
      return repeatFacts(factsOf(node.item, erased), node.min, node.max);
  }
}

/** Higher is rarer: the shortest literal counts most, many literals count against. 0: worthless. */
export function clauseWorth(clause: Clause): number {
  const shortest = shortestOf(clause);
  return Math.min(shortest, 8) * 10 - Math.log2(clause.size + 1) * 1.2;
}

/** Bytes of the shortest literal. */
export function shortestOf(clause: Clause): number {
  let shortest = Infinity;
  for (const literal of clause) shortest = Math.min(shortest, withoutGaps(literal).length);
  return shortest === Infinity ? 0 : shortest;
}

export function withoutGaps(literal: string): string {
  return literal.includes(GAP) ? literal.replaceAll(GAP, '') : literal;
}

/** The first `bytes` bytes, with the gaps between them. */
export function prefixOf(literal: string, bytes: number): string {
  let at = 0;
  for (let left = bytes; at < literal.length && left > 0; at++) if (literal[at] !== GAP) left--;
  return literal.slice(0, at);
}

/** The literals with a gap before each byte of `joined`: there blanks may have been taken away. */
export function widened(clause: Clause, joined: ByteSet): Clause {
  if (joined.isEmpty) return clause;
  const wide = (literal: string): string => {
    let all = literal[0];
    for (let i = 1; i < literal.length; i++)
      all +=
        literal[i] !== GAP && literal[i - 1] !== GAP && joined.has(literal.charCodeAt(i))
          ? GAP + literal[i]
          : literal[i];
    return all;
  };
  return new Set([...clause].map(wide));
}

/** The rarest clause known, the exact set included. */
export function bestClause(facts: Facts): Clause | undefined {
  let best: Clause | undefined;
  for (const clause of allClauses(facts)) {
    if (best === undefined || clauseWorth(clause) > clauseWorth(best)) best = clause;
  }
  return best;
}

/** The clauses with the exact set as one of them. */
export function allClauses(facts: Facts): readonly Clause[] {
  return facts.exact === null || facts.exact.size === 0 || mayBeErased(facts.exact)
    ? facts.clauses
    : [...facts.clauses, clauseOf(facts.exact)];
}

/** Whether one of them says nothing about a text. */
function mayBeErased(exact: Clause): boolean {
  return exact.has('') || exact.has(GAP);
}

/** What must be in a text in which one of these is: at its ends blanks do not matter. */
function clauseOf(exact: Clause): Clause {
  const clause = new Set<string>();
  for (const literal of exact)
    clause.add(literal.slice(literal.startsWith(GAP) ? 1 : 0, literal.endsWith(GAP) ? -1 : literal.length));
  return clause;
}

/** Whether a text rarely has one of these bytes. */
export function isRareMask(bytes: ByteSet): boolean {
  return !bytes.intersects(COMMON);
}

function setFacts(bytes: ByteSet, erased: ByteSet): Facts {
  const masks = isRareMask(bytes) ? [bytes] : [];
  const members = new Set<string>();
  for (const byte of bytes.without(erased).bytes()) members.add(String.fromCharCode(lowerByte(byte)));
  if (bytes.intersects(erased)) members.add(bytes.intersect(erased).intersects(BLANKS) ? GAP : '');
  return { exact: members.size <= SET_MEMBERS_MAX ? members : null, clauses: [], masks };
}

/** Adds a mask that is not there yet, in place of the largest when there are many. */
function keepMask(masks: ByteSet[], mask: ByteSet): void {
  if (masks.some((kept) => kept.equals(mask))) return;
  masks.push(mask);
  if (masks.length <= MASKS_KEPT_MAX) return;
  masks.sort((a, b) => a.size - b.size);
  masks.pop();
}

function cross(left: Clause, right: Clause): Clause {
  if (right === NOTHING) return left;
  const out = new Set<string>();
  for (const head of left) {
    const isOpen = head.endsWith(GAP);
    for (const tail of right) out.add(isOpen && tail.startsWith(GAP) ? head + tail.slice(1) : head + tail);
  }
  return out;
}

function crossFits(left: Clause, right: Clause): boolean {
  for (const head of left) if (head.length >= RUN_BYTES_MAX) return false;
  const size = left.size * right.size;
  return size <= (left.size === 1 || right.size === 1 ? EXACT_MAX : CROSS_MAX);
}

/** Also the facts of several conditions that must all hold of one text, when `adjacent` is false. */
export function sequenceFacts(items: readonly Facts[], adjacent = true): Facts {
  const clauses: Clause[] = [];
  const masks: ByteSet[] = [];
  let run: Clause = NOTHING;
  let exact = adjacent;
  const flush = (): void => {
    if (!mayBeErased(run)) clauses.push(clauseOf(run));
    run = NOTHING;
  };
  for (const item of items) {
    for (const mask of item.masks) keepMask(masks, mask);
    if (item.exact === null || !adjacent || !crossFits(run, item.exact)) {
      exact = false;
      flush();
    }
    if (item.exact !== null) run = cross(run, item.exact);
    else for (const clause of item.clauses) clauses.push(clause);
  }
  if (exact) return { exact: run, clauses: [], masks };
  flush();
  return { exact: null, clauses, masks };
}

/** Facts of a text for which one of the options holds; no options: it cannot hold at all. */
export function choiceFacts(options: readonly Facts[], erased: ByteSet): Facts {
  const masks = unionMask(options);
  let size = 0;
  for (const option of options) size += option.exact === null ? Infinity : option.exact.size;
  if (size <= EXACT_MAX) {
    const exact = new Set(options.flatMap((option) => [...(option.exact as Clause)]));
    if (exact.has(GAP)) exact.delete('');
    return { exact, clauses: [], masks };
  }
  const best = options.map((option) => bestClause(option) ?? maskClause(option, erased));
  const complete = best.filter((clause) => clause !== undefined);
  const clauses =
    complete.length === options.length ? [new Set(complete.flatMap((clause) => [...clause]))] : [];
  return { exact: null, clauses, masks };
}

/** The smallest mask as literals of one byte, which the scanner finds unless it skips them. */
function maskClause(facts: Facts, erased: ByteSet): Clause | undefined {
  const mask = smallestMask(facts.masks.filter((candidate) => !candidate.intersects(erased)));
  return mask === undefined ? undefined : new Set(mask.bytes().map((byte) => String.fromCharCode(byte)));
}

function smallestMask(masks: readonly ByteSet[]): ByteSet | undefined {
  return masks.reduce<ByteSet | undefined>(
    (best, mask) => (best === undefined || mask.size < best.size ? mask : best),
    undefined,
  );
}

function unionMask(options: readonly Facts[]): ByteSet[] {
  const union = new ByteSet();
  for (const option of options) {
    const mask = smallestMask(option.masks);
    if (mask === undefined) return [];
    union.addAll(mask);
  }
  return union.isEmpty ? [] : [union];
}

function repeatFacts(item: Facts, min: number, max: number): Facts {
  if (max === 0) return EMPTY_FACTS;
  const erasedOnly = item.exact !== null && item.exact.size === 1 && mayBeErased(item.exact);
  if (min === 0) {
    if (erasedOnly) return { exact: item.exact, clauses: [], masks: [] };
    if (max !== 1 || item.exact === null || item.exact.size >= REPEAT_MAX) return UNKNOWN_FACTS;
    const exact = mayBeErased(item.exact) ? item.exact : new Set([...item.exact, '']);
    return { exact, clauses: [], masks: [] };
  }
  if (item.exact === null) return item;
  if (erasedOnly) return item;
  let run: Clause = NOTHING;
  let count = 0;
  while (count < min && count < REPEAT_MAX && run.size * item.exact.size <= REPEAT_MAX) {
    run = cross(run, item.exact);
    count++;
  }
  if (count === 0) run = item.exact;
  if (count === max) return { exact: run, clauses: [], masks: item.masks };
  return { exact: null, clauses: mayBeErased(run) ? [] : [clauseOf(run)], masks: item.masks };
}
