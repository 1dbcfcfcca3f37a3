/**
 * Extraction: what every match of a regex must contain.
 *
 * The scanner folds ASCII case and skips *erased* bytes, so literals are held the same way: lower-case, without
 * erased bytes. All results are necessary conditions; giving one up is always sound, inventing one never is. The
 * caps keep the sets small: a cross product beyond them ends one literal and starts the next.
 */
import { ByteSet, lowerByte } from './byte-set.ts';
import type { RegexNode } from './regex-ast.ts';
import { WORD } from './regex-classes.ts';

/** Lower-case literals without erased bytes, of which a matching text contains at least one. None is empty. */
export type Clause = ReadonlySet<string>;

export interface Facts {
  /** The match, folded and erased, is one of these; null when there are too many. May hold the empty string. */
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

export function shortestOf(clause: Clause): number {
  let shortest = Infinity;
  for (const literal of clause) shortest = Math.min(shortest, literal.length);
  return shortest === Infinity ? 0 : shortest;
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
  return facts.exact === null || facts.exact.size === 0 || facts.exact.has('')
    ? facts.clauses
    : [...facts.clauses, facts.exact];
}

/** Whether a text rarely has one of these bytes. */
export function isRareMask(bytes: ByteSet): boolean {
  return !bytes.intersects(COMMON);
}

function setFacts(bytes: ByteSet, erased: ByteSet): Facts {
  const masks = isRareMask(bytes) ? [bytes] : [];
  const members = new Set<string>();
  for (const byte of bytes.without(erased).bytes()) members.add(String.fromCharCode(lowerByte(byte)));
  if (bytes.intersects(erased)) members.add('');
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
  for (const head of left) for (const tail of right) out.add(head + tail);
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
    if (!run.has('')) clauses.push(run);
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
    return { exact: new Set(options.flatMap((option) => [...(option.exact as Clause)])), clauses: [], masks };
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
  const erasedOnly = item.exact !== null && item.exact.size === 1 && item.exact.has('');
  if (min === 0) {
    if (erasedOnly) return EMPTY_FACTS;
    const optional = max === 1 && item.exact !== null && item.exact.size < REPEAT_MAX;
    return { exact: optional ? new Set([...(item.exact as Clause), '']) : null, clauses: [], masks: [] };
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
  return { exact: null, clauses: run.has('') ? [] : [run], masks: item.masks };
}
