/**
 * From a need to what the scanner checks: per alphabet a small conjunction of literal clauses, byte masks and length
 * bounds. Each part is a necessary condition of the need, so a text that fails one of them cannot satisfy it.
 */
import { LITERALS_PER_CLAUSE_MAX } from '../core/limits.ts';
import { specialise } from './alphabets.ts';
import { ByteSet } from './byte-set.ts';
import {
  allClauses,
  choiceFacts,
  type Clause,
  clauseWorth,
  ERASED,
  type Facts,
  factsOf,
  isRareMask,
  sequenceFacts,
  shortestOf,
  widened,
} from './literals.ts';
import type { Need } from './pattern-entry.ts';
import { type AssertNode, choiceOf, isAnchored, maxLength, minLength, type RegexNode } from './regex-ast.ts';
import { parseRegex } from './regex-parser.ts';

/** A need whose regexes are parsed and whose literals are trees like them. */
export type ParsedNeed =
  | { readonly kind: 'tree'; readonly root: RegexNode }
  | { readonly kind: 'all' | 'any'; readonly needs: readonly ParsedNeed[] }
  | { readonly kind: 'always'; readonly min: number; readonly max: number };

export interface Requirement {
  /** At most `CLAUSES_MAX`; the folded, erased text contains a literal of each. */
  readonly clauses: readonly Clause[];
  /** At most `MASKS_MAX`; the text contains a byte of each. */
  readonly masks: readonly ByteSet[];
  readonly minLength: number;
  readonly maxLength: number;
}

/** What erasing transformations between the text examined and the one a need is about may do. */
export interface Erasure {
  /** Erased bytes that may be new. */
  readonly brought: ByteSet;
  /** Before these bytes, in either case, all blanks may be gone. */
  readonly joined: ByteSet;
}

const CLAUSES_MAX = 2;
export const MASKS_MAX = 3;
/** Prefixes of an over-long literal list. */
const SHORT_LITERAL_BYTES = 4;

interface Conditions {
  readonly facts: Facts;
  readonly min: number;
  readonly max: number;
}

/** What `needWorth` gives for rare bytes and for a length, beside the worth of clauses. */
const MASK_WORTH = 8;
const LENGTH_WORTH = 1;

const UNCONDITIONAL: Facts = { exact: null, clauses: [], masks: [] };

/** @throws RegexSyntaxError */
export function parseNeed(need: Need): ParsedNeed {
  switch (need.kind) {
    case 'regex':
      return { kind: 'tree', root: parseRegex(need.source, need.flags).root };
    case 'literals':
      return literalsTree(need);
    case 'all':
    case 'any':
      return { kind: need.kind, needs: need.needs.map(parseNeed) };
    case 'always':
      return { kind: 'always', min: need.minLength ?? 0, max: need.maxLength ?? Infinity };
  }
}

function literalsTree(need: Extract<Need, { kind: 'literals' }>): ParsedNeed {
  let literals = need.any;
  let at = need.at;
  if (literals.length > LITERALS_PER_CLAUSE_MAX) {
    literals = [...new Set(literals.map((literal) => literal.slice(0, SHORT_LITERAL_BYTES)))];
    at = at === 'start' || at === 'whole' ? 'start' : 'anywhere';
    if (literals.length > LITERALS_PER_CLAUSE_MAX) return { kind: 'always', min: 0, max: Infinity };
  }
  const start: AssertNode[] =
    at === 'start' || at === 'whole' ? [{ kind: 'assert', what: 'text-start' }] : [];
  const end: AssertNode[] = at === 'end' || at === 'whole' ? [{ kind: 'assert', what: 'text-end' }] : [];
  const body = choiceOf(literals.map((literal) => literalNode(literal, need.fold)));
  return { kind: 'tree', root: { kind: 'sequence', items: [...start, body, ...end] } };
}

function literalNode(literal: string, fold: boolean): RegexNode {
  const items = Array.from({ length: literal.length }, (_, i): RegexNode => {
    const bytes = ByteSet.of(literal[i]);
    return { kind: 'set', bytes: fold ? bytes.foldCase() : bytes };
  });
  return { kind: 'sequence', items };
}

/**
 * What a text over `alphabet` must have to satisfy the need; null when it cannot.
 * `erasure` is null when the text examined is the one the need is about. Otherwise transformations that erase lie
 * between: case, length and runs of erased bytes say nothing.
 */
export function requirementOf(
  need: ParsedNeed,
  alphabet: ByteSet,
  erasure: Erasure | null,
): Requirement | null {
  const erasing = erasure !== null;
  const conditions = conditionsOf(need, erasing ? alphabet.union(erasure.brought) : alphabet, erasing);
  if (conditions === null) return null;
  const { facts } = conditions;
  const clauses = allClauses(facts)
    .map((clause) => (erasing ? widened(clause, erasure.joined) : clause))
    .sort((a, b) => clauseWorth(b) - clauseWorth(a));
  const masks = [...facts.masks, ...clauses.filter(isByteClause).map(clauseBytes)]
    .filter((mask) => isRareMask(mask) && !(erasing && mask.intersects(erasure.brought)))
    .sort((a, b) => a.size - b.size);
  return {
    clauses: scannedClauses(clauses),
    masks: masks.slice(0, MASKS_MAX),
    minLength: conditions.min,
    maxLength: conditions.max,
  };
}

/**
 * How rarely a text satisfies the need, roughly: what the rarest thing that a scan looks for is worth. Infinity when no text
 * does. Parses the need again, for decisions between few of them.
 *
 * @throws RegexSyntaxError
 */
export function needWorth(need: Need): number {
  const requirement = requirementOf(parseNeed(need), ByteSet.all(), null);
  if (requirement === null) return Infinity;
  const { clauses, masks, minLength: least } = requirement;
  return Math.max(
    least > 0 ? LENGTH_WORTH : 0,
    masks.length > 0 ? MASK_WORTH : 0,
    ...clauses.map((clause) => clauseWorth(clause)),
  );
}

function conditionsOf(need: ParsedNeed, alphabet: ByteSet, erasing: boolean): Conditions | null {
  switch (need.kind) {
    case 'always':
      return { facts: UNCONDITIONAL, min: erasing ? 0 : need.min, max: erasing ? Infinity : need.max };
    case 'tree': {
      const root = specialise(need.root, alphabet);
      if (root === null) return null;
      const whole = !erasing && isAnchored(root, 'text-start') && isAnchored(root, 'text-end');
      return {
        facts: factsOf(root, ERASED),
        min: minLength(root, erasing ? ERASED : undefined),
        max: whole ? maxLength(root) : Infinity,
      };
    }
    case 'all': {
      const parts = need.needs.map((part) => conditionsOf(part, alphabet, erasing));
      if (parts.includes(null)) return null;
      const known = parts as Conditions[];
      return {
        facts: sequenceFacts(
          known.map((part) => part.facts),
          false,
        ),
        min: known.reduce((most, part) => Math.max(most, part.min), 0),
        max: known.reduce((least, part) => Math.min(least, part.max), Infinity),
      };
    }
    case 'any': {
      const parts = need.needs
        .map((part) => conditionsOf(part, alphabet, erasing))
        .filter((part) => part !== null);
      if (parts.length === 0) return null;
      return {
        facts: choiceFacts(
          parts.map((part) => part.facts),
          ERASED,
        ),
        min: parts.reduce((least, part) => Math.min(least, part.min), Infinity),
        max: parts.reduce((most, part) => Math.max(most, part.max), 0),
      };
    }
  }
}

/** The clauses worth a place in the automaton: without single bytes, or at least without common ones. */
function scannedClauses(clauses: readonly Clause[]): Clause[] {
  const long = clauses.filter((clause) => shortestOf(clause) >= 2 && clause.size <= LITERALS_PER_CLAUSE_MAX);
  if (long.length > 0) return long.slice(0, CLAUSES_MAX);
  const mixed = clauses.find((clause) => !isByteClause(clause) && isRareMask(clauseBytes(clause)));
  return mixed === undefined || mixed.size > LITERALS_PER_CLAUSE_MAX ? [] : [mixed];
}

function isByteClause(clause: Clause): boolean {
  for (const literal of clause) if (literal.length !== 1) return false;
  return true;
}

/** The literals of one byte, in both cases. */
function clauseBytes(clause: Clause): ByteSet {
  return ByteSet.of([...clause].filter((literal) => literal.length === 1).join('')).foldCase();
}
