/**
 * The syntax tree of a regex over bytes 0..255.
 *
 * Flags are resolved while parsing: case folding and `.` are byte sets, `^` and `$` are one of two assertions each.
 * What is left has one meaning, so that extraction, specialisation and printing need no context.
 */
import { ByteSet } from './byte-set.ts';

export type Assertion =
  | 'text-start'
  | 'text-end'
  | 'line-start'
  | 'line-end'
  | 'word-boundary'
  | 'not-word-boundary';

export interface SetNode {
  readonly kind: 'set';
  readonly bytes: ByteSet;
}

export interface AssertNode {
  readonly kind: 'assert';
  readonly what: Assertion;
}

/** No items: the empty regex. */
export interface SequenceNode {
  readonly kind: 'sequence';
  readonly items: readonly RegexNode[];
}

export interface ChoiceNode {
  readonly kind: 'choice';
  readonly options: readonly RegexNode[];
}

export interface RepeatNode {
  readonly kind: 'repeat';
  readonly item: RegexNode;
  readonly min: number;
  /** `Infinity` when unbounded. */
  readonly max: number;
  readonly greedy: boolean;
  /** Written with braces: RE2 limits the product of nested counts of these alone. */
  readonly counted: boolean;
}

/** A capture group; `index` counts from 1. */
export interface GroupNode {
  readonly kind: 'group';
  readonly item: RegexNode;
  readonly index: number;
  readonly name: string | undefined;
}

export type RegexNode = SetNode | AssertNode | SequenceNode | ChoiceNode | RepeatNode | GroupNode;

export const EMPTY: SequenceNode = { kind: 'sequence', items: [] };

export function sequenceOf(items: readonly RegexNode[]): RegexNode {
  return items.length === 1 ? items[0] : { kind: 'sequence', items };
}

export function choiceOf(options: readonly RegexNode[]): RegexNode {
  return options.length === 1 ? options[0] : { kind: 'choice', options };
}

const NO_BYTES = new ByteSet();

/**
 * Bytes of the shortest match; assertions are taken to hold. With `ignoring`, bytes of that set do not count, which
 * bounds what is left of a match once they are erased from it.
 */
export function minLength(node: RegexNode, ignoring: ByteSet = NO_BYTES): number {
  switch (node.kind) {
    case 'set':
      return node.bytes.intersects(ignoring) ? 0 : 1;
    case 'assert':
      return 0;
    case 'sequence':
      return node.items.reduce((sum, item) => sum + minLength(item, ignoring), 0);
    case 'choice':
      return node.options.reduce((least, option) => Math.min(least, minLength(option, ignoring)), Infinity);
    case 'repeat':
      return node.min === 0 ? 0 : node.min * minLength(node.item, ignoring);
    case 'group':
      return minLength(node.item, ignoring);
  }
}

/** Bytes of the longest match, or `Infinity`. */
export function maxLength(node: RegexNode): number {
  switch (node.kind) {
    case 'set':
      return 1;
    case 'assert':
      return 0;
    case 'sequence':
      return node.items.reduce((sum, item) => sum + maxLength(item), 0);
    case 'choice':
      return node.options.reduce((most, option) => Math.max(most, maxLength(option)), 0);
    case 'repeat': {
      const item = maxLength(node.item);
      return item === 0 || node.max === 0 ? 0 : item * node.max;
    }
    case 'group':
      return maxLength(node.item);
  }
}

/**
 * Whether a text that is not empty may have a match of no bytes at its start or end, or anywhere inside: a path through the regex that
 * takes none and does not ask for both ends of the text. `^0?$` has no such path, `^0?` and `a*` have.
 */
export function matchesNothing(node: RegexNode): boolean {
  return hasEmptyPath(node, 'text-end') || hasEmptyPath(node, 'text-start');
}

/** Whether a path takes no bytes and avoids that assertion. */
function hasEmptyPath(node: RegexNode, avoided: Assertion): boolean {
  switch (node.kind) {
    case 'set':
      return false;
    case 'assert':
      return node.what !== avoided;
    case 'sequence':
      return node.items.every((item) => hasEmptyPath(item, avoided));
    case 'choice':
      return node.options.some((option) => hasEmptyPath(option, avoided));
    case 'repeat':
      return node.min === 0 || hasEmptyPath(node.item, avoided);
    case 'group':
      return hasEmptyPath(node.item, avoided);
  }
}

/** Whether each match begins at the start (or stops at the end) of the text. May say false for one that does. */
export function isAnchored(node: RegexNode, side: 'text-start' | 'text-end'): boolean {
  switch (node.kind) {
    case 'assert':
      return node.what === side;
    case 'sequence': {
      const edge = side === 'text-start' ? node.items[0] : node.items.at(-1);
      return edge !== undefined && isAnchored(edge, side);
    }
    case 'choice':
      return node.options.every((option) => isAnchored(option, side));
    case 'group':
      return isAnchored(node.item, side);
    case 'set':
    case 'repeat':
      return false;
  }
}

/** The largest product of nested counted repetitions, as RE2 limits it. */
export function repetitionProduct(node: RegexNode): number {
  switch (node.kind) {
    case 'set':
    case 'assert':
      return 1;
    case 'sequence':
      return Math.max(1, ...node.items.map(repetitionProduct));
    case 'choice':
      return Math.max(1, ...node.options.map(repetitionProduct));
    case 'group':
      return repetitionProduct(node.item);
    case 'repeat': {
      const count = node.max === Infinity ? node.min : node.max;
      return repetitionProduct(node.item) * (node.counted && count > 0 ? count : 1);
    }
  }
}

/** About as many instructions as RE2 compiles the tree to; counted repetitions are copied out. */
export function instructionCount(node: RegexNode): number {
  switch (node.kind) {
    case 'set':
      return node.bytes.ranges().reduce((sum, [, high]) => sum + (high < 0x80 ? 1 : 3), 0);
    case 'assert':
      return 1;
    case 'sequence':
      return node.items.reduce((sum, item) => sum + instructionCount(item), 0);
    case 'choice':
      return node.options.reduce((sum, option) => sum + instructionCount(option) + 1, 0);
    case 'group':
      return instructionCount(node.item) + 2;
    case 'repeat': {
      const copies = node.max === Infinity ? Math.max(1, node.min) : node.max;
      return copies * (instructionCount(node.item) + 1);
    }
  }
}
