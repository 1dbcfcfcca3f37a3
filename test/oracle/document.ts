/**
 * The JSON document of a body as far as it had arrived at some moment, and whether it fits a shape so far.
 *
 * The reader's structure events are kept with the number of values that had arrived: an event counts from the step of
 * the next value on, because rules are looked at between values.
 */
import { LEAF, PART } from '../../src/http/value.ts';
import type { JsonStructureSink } from '../../src/http/value.ts';
import type { CheckedShape } from '../../src/dsl/checked-condition.ts';
import { characterCount, hasFormat, isIntegerText } from '../../src/engine/shape-formats.ts';
import { regexOf } from './regex.ts';

export type JsonNode =
  | { readonly kind: 'object'; readonly members: Map<string, JsonNode | null>; closed: boolean }
  | { readonly kind: 'array'; readonly elements: JsonNode[]; closed: boolean }
  | { readonly kind: 'scalar'; readonly leaf: number; text: string; long: boolean; complete: boolean };

type Event =
  | { readonly kind: 'open'; readonly array: boolean }
  | { readonly kind: 'close' }
  | { readonly kind: 'key'; readonly name: string }
  | { readonly kind: 'scalar'; readonly leaf: number; readonly text: string; readonly part: number };

export class DocumentBuilder {
  readonly #events: { readonly event: Event; readonly from: number }[] = [];

  /**
   * @param arrived   number of values reported so far
   * @param lastValue number of values up to the last one of the reader itself
   */
  sink(arrived: () => number, lastValue: () => number): JsonStructureSink {
    const add = (event: Event, from: number): void => {
      this.#events.push({ event, from });
    };
    return {
      open: (kind) => add({ kind: 'open', array: kind === 'array' }, arrived() + 1),
      close: () => add({ kind: 'close' }, arrived() + 1),
      key: (name) => add({ kind: 'key', name }, arrived() + 1),
      // Strings are told after their value, other scalars as well: they belong to its step.
      scalar: (leaf, text, part) => add({ kind: 'scalar', leaf, text, part }, lastValue()),
    };
  }

  /** The document after `arrivals` values; null: nothing of it yet. `arrivals` Infinity: at the end. */
  at(arrivals: number, windowBytes: number): JsonNode | null {
    let root: JsonNode | null = null;
    const open: JsonNode[] = [];
    let key = '';
    const place = (node: JsonNode): void => {
      const parent = open.at(-1);
      if (parent === undefined) root = node;
      else if (parent.kind === 'array') parent.elements.push(node);
      else if (parent.kind === 'object') parent.members.set(key, node);
    };
    let long: Extract<JsonNode, { kind: 'scalar' }> | null = null;
    for (const { event, from } of this.#events) {
      if (from > arrivals) break;
      if (event.kind === 'open') {
        const node: JsonNode = event.array
          ? { kind: 'array', elements: [], closed: false }
          : { kind: 'object', members: new Map(), closed: false };
        place(node);
        open.push(node);
      } else if (event.kind === 'close') {
        const node = open.pop();
        if (node !== undefined && node.kind !== 'scalar') node.closed = true;
      } else if (event.kind === 'key') {
        key = event.name;
        const parent = open.at(-1);
        if (parent?.kind === 'object') parent.members.set(key, null);
      } else if (long !== null) {
        long.text += event.text.slice(windowBytes >>> 1);
        long.complete = (event.part & PART.LAST) !== 0;
        if (long.complete) long = null;
      } else {
        const whole = event.part === PART.WHOLE;
        const node = {
          kind: 'scalar' as const,
          leaf: event.leaf,
          text: event.text,
          long: !whole,
          complete: whole,
        };
        place(node);
        if (!whole) long = node;
      }
    }
    return root;
  }
}

/** The value at a path; undefined if it has not arrived. */
export function nodeAt(root: JsonNode | null, path: readonly (string | number)[]): JsonNode | undefined {
  let node: JsonNode | null | undefined = root;
  for (const step of path) {
    if (node?.kind === 'object' && typeof step === 'string') node = node.members.get(step);
    else if (node?.kind === 'array' && typeof step === 'number') node = node.elements[step];
    else return undefined;
  }
  return node ?? undefined;
}

/** Whether the document breaks the shape already (`false`), fits and is complete (`true`), or neither yet. */
export function fits(node: JsonNode, shape: CheckedShape): 'true' | 'false' | 'open' | 'unknown' {
  const results: string[] = [];
  check(node, shape, results);
  for (const result of ['false', 'open', 'unknown'] as const) if (results.includes(result)) return result;
  return 'true';
}

function check(node: JsonNode | null, shape: CheckedShape, results: string[]): void {
  if (node === null) {
    results.push('open');
    return;
  }
  if (node.kind === 'scalar') {
    results.push(checkScalar(node, shape));
    return;
  }
  if (!node.closed) results.push('open');
  if (shape.kind === 'base') {
    if (shape.base !== 'json') results.push('false');
  } else if (node.kind === 'array') {
    if (shape.kind !== 'list') results.push('false');
    else {
      if (node.elements.length > shape.high || (node.closed && node.elements.length < shape.low))
        results.push('false');
      for (const element of node.elements) check(element, shape.of, results);
    }
  } else if (shape.kind === 'map') {
    for (const member of node.members.values()) check(member, shape.of, results);
  } else if (shape.kind === 'object') {
    checkObject(node, shape, results);
  } else {
    results.push('false');
  }
}

function checkObject(
  node: Extract<JsonNode, { kind: 'object' }>,
  shape: Extract<CheckedShape, { kind: 'object' }>,
  results: string[],
): void {
  const fields = new Map(shape.fields.map((field) => [field.name, field]));
  for (const [name, member] of node.members) {
    const field = fields.get(name);
    if (field !== undefined) check(member, field.shape, results);
    else if (shape.closed) results.push('false');
  }
  const missing = shape.fields.some((field) => !field.optional && !node.members.has(field.name));
  if (node.closed && missing) results.push('false');
}

function checkScalar(node: Extract<JsonNode, { kind: 'scalar' }>, shape: CheckedShape): string {
  if (node.leaf === LEAF.EMPTY) return 'true';
  const isJson = shape.kind === 'base' && shape.base === 'json';
  if (node.leaf === LEAF.NULL) return shape.nullable || isJson ? 'true' : 'false';
  if (shape.kind === 'one') {
    const value =
      node.leaf === LEAF.NUMBER
        ? Number(node.text)
        : node.leaf === LEAF.BOOLEAN
          ? node.text === 'true'
          : node.text;
    return !node.long && shape.values.includes(value) ? 'true' : 'false';
  }
  if (shape.kind !== 'base') return 'false';
  switch (shape.base) {
    case 'json':
      return node.complete ? 'true' : 'open';
    case 'bool':
      return node.leaf === LEAF.BOOLEAN ? 'true' : 'false';
    case 'int':
    case 'number': {
      if (node.leaf !== LEAF.NUMBER || (shape.base === 'int' && !isIntegerText(node.text))) return 'false';
      return Number(node.text) >= shape.low && Number(node.text) <= shape.high ? 'true' : 'false';
    }
    case 'string':
      return node.leaf === LEAF.TEXT ? checkString(node, shape) : 'false';
    default:
      return node.leaf === LEAF.TEXT && !node.long && hasFormat(shape.base, node.text)
        ? checkString(node, shape)
        : 'false';
  }
}

function checkString(
  node: Extract<JsonNode, { kind: 'scalar' }>,
  shape: Extract<CheckedShape, { kind: 'base' }>,
): string {
  const characters = characterCount(node.text);
  if (characters > shape.high) return 'false';
  if (!node.complete) return 'open';
  if (characters < shape.low) return 'false';
  if (shape.matching === undefined) return 'true';
  if (node.long) return 'unknown';
  return regexOf({ source: `\\A(?:${shape.matching.source})\\z`, flags: shape.matching.flags }).test(
    node.text,
  )
    ? 'true'
    : 'false';
}
