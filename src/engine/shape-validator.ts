/**
 * `body.json is Order`, while the document streams by: `false` at the first violation, `true` at its end.
 *
 * Keeps one frame per open container and the keys it has seen. What a shape does not describe is skipped unseen.
 */
import { SHAPE_KEYS_MAX } from '../core/limits.ts';
import { LEAF, PART } from '../http/value.ts';
import { characterCount, hasFormat, isIntegerText } from './shape-formats.ts';
import type { ShapeNode } from './shape-node.ts';

interface Frame {
  readonly shape: ShapeNode;
  /** Keys seen in an object. */
  readonly seen: Set<string>;
  /** Elements of a list so far. */
  count: number;
  /** Key or index of the value that comes next or is open. */
  at: string;
  /** Shape of that value; null: anything. */
  next: ShapeNode | null;
}

export class ShapeValidator {
  /** JSON pointer and reason of the first violation. */
  violation: { readonly pointer: string; readonly reason: string } | null = null;
  complete = false;
  /** A string was too long for the tests its shape asks for. */
  undecided = false;
  readonly #root: ShapeNode;
  readonly #base: string;
  readonly #frames: Frame[] = [];
  /** Open containers below the last frame whose content does not matter. */
  #skipped = 0;
  #characters = 0;

  /** @param base JSON pointer of the value the shape speaks of */
  constructor(root: ShapeNode, base: string) {
    this.#root = root;
    this.#base = base;
  }

  get settled(): boolean {
    return this.complete || this.violation !== null;
  }

  open(kind: 'object' | 'array'): void {
    if (this.#skipped > 0) {
      this.#skipped++;
      return;
    }
    const shape = this.#expected();
    if (shape === null || (shape.kind === 'base' && shape.base === 'json')) {
      this.#skipped = 1;
      return;
    }
    const wanted =
      shape.kind === 'list' ? 'array' : shape.kind === 'object' || shape.kind === 'map' ? 'object' : null;
    if (wanted !== kind) {
      this.#fail(`${describe(shape)} expected, found ${kind === 'array' ? 'a list' : 'an object'}`);
      return;
    }
    this.#frames.push({ shape, seen: new Set(), count: 0, at: '', next: null });
  }

  key(name: string): void {
    if (this.#skipped > 0) return;
    const frame = this.#frames.at(-1);
    if (frame === undefined) return;
    frame.at = name;
    if (frame.seen.size >= SHAPE_KEYS_MAX) {
      this.#fail('too many keys');
      return;
    }
    frame.seen.add(name);
    if (frame.shape.kind === 'map') {
      frame.next = frame.shape.of;
    } else if (frame.shape.kind === 'object') {
      const field = frame.shape.fields.get(name);
      if (field === undefined && frame.shape.closed) this.#fail('unknown key');
      frame.next = field === undefined ? null : field.shape;
    }
  }

  close(): void {
    if (this.#skipped > 1) {
      this.#skipped--;
      return;
    }
    if (this.#skipped === 1) {
      this.#skipped = 0;
    } else {
      const frame = this.#frames.at(-1);
      if (frame === undefined) return;
      this.#closeFrame(frame);
      if (this.violation !== null) return;
      this.#frames.pop();
    }
    if (this.#frames.length === 0) this.complete = true;
  }

  scalar(leaf: number, text: string, part: number): void {
    if (this.#skipped > 0) return;
    const first = (part & PART.FIRST) !== 0;
    const shape = first ? this.#expected() : this.#current();
    if (shape !== null && this.violation === null) this.#checkScalar(shape, leaf, text, part);
    if (this.#frames.length === 0 && (part & PART.LAST) !== 0 && this.violation === null)
      this.complete = true;
  }

  #closeFrame(frame: Frame): void {
    const { shape } = frame;
    if (shape.kind === 'list' && frame.count < shape.low) {
      this.#failAt(this.#pointer(this.#frames.length - 1), `at least ${shape.low} elements expected`);
    }
    if (shape.kind !== 'object') return;
    for (const name of shape.required) {
      if (frame.seen.has(name)) continue;
      this.#failAt(`${this.#pointer(this.#frames.length - 1)}/${escapePointer(name)}`, 'missing');
      return;
    }
  }

  /** Shape of the value that begins; counts list elements. */
  #expected(): ShapeNode | null {
    const frame = this.#frames.at(-1);
    if (frame === undefined) return this.#root;
    if (frame.shape.kind !== 'list') return frame.next;
    frame.at = String(frame.count);
    frame.count++;
    frame.next = frame.shape.of;
    if (frame.count > frame.shape.high) {
      this.#failAt(this.#pointer(this.#frames.length - 1), `at most ${frame.shape.high} elements expected`);
      return null;
    }
    return frame.next;
  }

  #current(): ShapeNode | null {
    const frame = this.#frames.at(-1);
    return frame === undefined ? this.#root : frame.next;
  }

  #checkScalar(shape: ShapeNode, leaf: number, text: string, part: number): void {
    if (leaf === LEAF.NULL) {
      if (!shape.nullable && !(shape.kind === 'base' && shape.base === 'json'))
        this.#fail('null not allowed');
      return;
    }
    if (shape.kind === 'one') {
      const value = leaf === LEAF.NUMBER ? Number(text) : leaf === LEAF.BOOLEAN ? text === 'true' : text;
      if (part !== PART.WHOLE || !shape.values.includes(value)) this.#fail('not one of the allowed values');
      return;
    }
    if (shape.kind !== 'base') {
      this.#fail(`${describe(shape)} expected`);
      return;
    }
    if (shape.base === 'json') return;
    const isText = leaf === LEAF.TEXT;
    if (shape.base === 'bool') {
      if (leaf !== LEAF.BOOLEAN) this.#fail('true or false expected');
    } else if (shape.base === 'int' || shape.base === 'number') {
      if (leaf !== LEAF.NUMBER || (shape.base === 'int' && !isIntegerText(text))) {
        this.#fail(shape.base === 'int' ? 'an integer expected' : 'a number expected');
      } else if (Number(text) < shape.low || Number(text) > shape.high) {
        this.#fail(`a value ${range(shape.low, shape.high)} expected`);
      }
    } else if (!isText) {
      this.#fail('a string expected');
    } else {
      this.#checkString(shape, text, part);
    }
  }

  #checkString(shape: Extract<ShapeNode, { kind: 'base' }>, text: string, part: number): void {
    if (part !== PART.WHOLE) {
      this.#checkLongString(shape, text, part);
      return;
    }
    if (
      shape.base !== 'string' &&
      shape.base !== 'int' &&
      shape.base !== 'number' &&
      shape.base !== 'bool' &&
      shape.base !== 'json'
    ) {
      if (!hasFormat(shape.base, text)) this.#fail(`${shape.base} expected`);
    }
    const characters = characterCount(text);
    if (characters < shape.low || characters > shape.high) {
      this.#fail(`a length ${range(shape.low, shape.high)} expected`);
    } else if (shape.matching !== undefined && !shape.matching.test(text)) {
      this.#fail('the pattern does not fit');
    }
  }

  /** No format is longer than a window; lengths are counted over the halves that do not overlap. */
  #checkLongString(shape: Extract<ShapeNode, { kind: 'base' }>, text: string, part: number): void {
    const first = (part & PART.FIRST) !== 0;
    const fresh = first ? text : text.slice(text.length >>> 1);
    this.#characters = characterCount(fresh) + (first ? 0 : this.#characters);
    if (shape.base !== 'string') this.#fail(`${shape.base} expected`);
    else if (this.#characters > shape.high) this.#fail(`a length ${range(shape.low, shape.high)} expected`);
    else if (shape.matching !== undefined) this.undecided = true;
  }

  #fail(reason: string): void {
    this.#failAt(this.#pointer(this.#frames.length), reason);
  }

  #failAt(pointer: string, reason: string): void {
    this.violation ??= { pointer: pointer === '' ? '/' : pointer, reason };
  }

  /** Pointer of the value open in the first `depth` frames. */
  #pointer(depth: number): string {
    let pointer = this.#base;
    for (let i = 0; i < depth; i++) pointer += `/${escapePointer(this.#frames[i].at)}`;
    return pointer;
  }
}

/** RFC 6901 §3. */
export function escapePointer(name: string): string {
  return name.includes('~') || name.includes('/') ? name.replaceAll('~', '~0').replaceAll('/', '~1') : name;
}

function describe(shape: ShapeNode): string {
  switch (shape.kind) {
    case 'object':
    case 'map':
      return 'an object';
    case 'list':
      return 'a list';
    case 'one':
      return 'one of the allowed values';
    case 'base':
      return shape.base;
  }
}

function range(low: number, high: number): string {
  if (!Number.isFinite(high)) return `of at least ${low}`;
  return Number.isFinite(low) ? `from ${low} to ${high}` : `of at most ${high}`;
}
