/**
 * Follows a JSON document for what needs more than its leaves: shapes, and scalars at a fixed path.
 *
 * Attached to the reader only when an active rule asks for one of them.
 */
import { joinNames } from '../http/body/json-names.ts';
import { PART, UNKNOWN as UNREADABLE } from '../http/value.ts';
import type { JsonStructureSink } from '../http/value.ts';
import type { Evaluation } from './evaluation.ts';
import { FACET } from './program.ts';
import type { JsonSlot, ShapeWatch } from './program.ts';
import { ShapeValidator, escapePointer } from './shape-validator.ts';
import { FALSE, OPEN, TRUE, UNKNOWN } from './three-valued.ts';
import { typedLeaf } from './leaf-values.ts';

interface RunningShape {
  readonly watch: ShapeWatch;
  validator: ShapeValidator | null;
  /** Depth at which its value stands. */
  readonly depth: number;
}

export class JsonTracker implements JsonStructureSink {
  readonly #evaluation: Evaluation;
  readonly #origin: number;
  readonly #onStep: () => void;
  readonly #onContainer: (name: string, path: string, isArray: boolean) => void;
  readonly #slots: readonly { readonly slot: JsonSlot; readonly index: number }[];
  readonly #shapes: readonly RunningShape[];
  /** Key or next index in each open container. */
  readonly #path: (string | number)[] = [];

  constructor(
    evaluation: Evaluation,
    direction: 'request' | 'response',
    origin: number,
    onStep: () => void,
    onContainer: (name: string, path: string, isArray: boolean) => void,
  ) {
    this.#evaluation = evaluation;
    this.#origin = origin;
    this.#onStep = onStep;
    this.#onContainer = onContainer;
    this.#slots = evaluation.program.slots
      .map((slot, index) => ({ slot, index }))
      .filter(({ slot }) => slot.direction === direction);
    this.#shapes = evaluation.program.shapes
      .filter((watch) => watch.direction === direction && evaluation.plan.leafActive[watch.leaf] === 1)
      .map((watch) => ({ watch, validator: null, depth: watch.path.length }));
  }

  open(kind: 'object' | 'array'): void {
    this.#arrive({ json: kind === 'array' ? [] : {} });
    const name = this.#path.filter((part) => typeof part === 'string').reduce(joinNames, '');
    const pointer = this.#path.map((part) => `/${escapePointer(String(part))}`).join('');
    this.#onContainer(name, pointer, kind === 'array');
    for (const shape of this.#running()) shape.validator?.open(kind);
    this.#path.push(kind === 'array' ? 0 : '');
    this.#settleShapes();
  }

  close(): void {
    this.#path.pop();
    for (const shape of this.#running()) shape.validator?.close();
    this.#settleShapes();
    this.#advance();
  }

  key(name: string): void {
    this.#path[this.#path.length - 1] = name;
    for (const shape of this.#running()) if (this.#path.length > shape.depth) shape.validator?.key(name);
    this.#settleShapes();
  }

  scalar(leaf: number, text: string, part: number): void {
    if ((part & PART.FIRST) !== 0) {
      this.#arrive(part === PART.WHOLE ? typedLeaf(leaf, text) : UNREADABLE);
    }
    for (const shape of this.#running()) shape.validator?.scalar(leaf, text, part);
    this.#settleShapes();
    if ((part & PART.LAST) !== 0) this.#advance();
  }

  /**
   * The document is complete, or broke off: a shape is true only at the end. One that never began is false, and so is
   * one of sniffed text that only began like JSON: there is no document.
   */
  end(broken: boolean): void {
    for (const { watch, validator } of this.#shapes) {
      if (validator !== null && validator.violation !== null) continue;
      if (broken) this.#evaluation.settle(watch.leaf, UNKNOWN);
      else if (validator?.undecided === true) this.#evaluation.settle(watch.leaf, UNKNOWN);
      else if (validator?.complete === true) this.#evaluation.settle(watch.leaf, TRUE);
    }
  }

  /** A value begins at the current path. */
  #arrive(value: ReturnType<typeof typedLeaf>): void {
    for (const { slot, index } of this.#slots) {
      if (slot.path.length !== this.#path.length || this.#evaluation.slotSeen[index] === 1) continue;
      if (!this.#isAt(slot.path)) continue;
      this.#evaluation.slotSeen[index] = 1;
      this.#evaluation.slotValues[index] = value;
      for (const leaf of slot.leaves) this.#evaluation.touch(leaf);
      this.#onStep();
    }
    for (const shape of this.#shapes) {
      if (shape.validator === null && shape.depth === this.#path.length && this.#isAt(shape.watch.path)) {
        const base = shape.watch.path.map((part) => `/${escapePointer(String(part))}`).join('');
        shape.validator = new ShapeValidator(shape.watch.shape, base);
      }
    }
  }

  #running(): readonly RunningShape[] {
    return this.#shapes.filter((shape) => shape.validator !== null && !shape.validator.settled);
  }

  #settleShapes(): void {
    for (const shape of this.#shapes) {
      const { validator, watch } = shape;
      if (validator === null || validator.violation === null) continue;
      if (this.#evaluation.states[watch.leaf] !== OPEN) continue;
      const { pointer, reason } = validator.violation;
      this.#evaluation.settled.set(watch.leaf, {
        origin: this.#origin,
        facet: FACET.VALUE,
        name: '',
        path: pointer,
        value: undefined,
        step: this.#evaluation.step,
        pointer,
        reason,
      });
      this.#evaluation.settle(watch.leaf, FALSE);
      this.#onStep();
    }
  }

  #isAt(path: readonly (string | number)[]): boolean {
    for (let i = 0; i < path.length; i++) if (path[i] !== this.#path[i]) return false;
    return true;
  }

  /** After an element of an array, the next one. */
  #advance(): void {
    const last = this.#path.length - 1;
    if (last >= 0 && typeof this.#path[last] === 'number') this.#path[last]++;
  }
}
