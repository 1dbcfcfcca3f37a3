/** What a part of the checked tree reads: fields, phase, needs, and whether it depends on one bound value alone. */
import type { Phase } from '../engine/api.ts';
import { NEED } from '../engine/program.ts';
import { PHASE, PHASES } from '../engine/phases.ts';
import type { FieldSchema } from '../http/schema.ts';
import type { Condition, Scalar, Selection } from '../dsl/checked-condition.ts';
import { spanBetween } from '../dsl/source.ts';

export interface FieldUse {
  readonly field: FieldSchema;
  /** A single value (`lines`, `json`, `field`) or all values of a selection. */
  readonly as: 'scalar' | 'selection';
  readonly kind: string;
}

type Node = Readonly<Record<string, unknown>>;

/** Every object in the tree that stands for something, in order. Depth is bounded by the language's nesting. */
export function visitNodes(root: unknown, visit: (node: Node) => void): void {
  if (typeof root !== 'object' || root === null) return;
  if (Array.isArray(root)) {
    for (const item of root) visitNodes(item, visit);
    return;
  }
  const node = root as Node;
  visit(node);
  for (const [key, child] of Object.entries(node)) {
    if (key !== 'span' && key !== 'field') visitNodes(child, visit);
  }
}

export function fieldUses(root: unknown): FieldUse[] {
  const uses: FieldUse[] = [];
  visitNodes(root, (node) => {
    const field = node.field as FieldSchema | undefined;
    if (typeof field !== 'object') return;
    const isScalar = node.kind === 'field' || node.kind === 'lines' || node.kind === 'json';
    uses.push({
      field,
      as: isScalar || field.form === 'scalar' ? 'scalar' : 'selection',
      kind: String(node.kind),
    });
  });
  return uses;
}

export function phaseNumber(field: FieldSchema): number {
  return PHASES.indexOf(field.phase);
}

/** The latest phase among the fields, and of what limits and floods tell; `connection` without any. */
export function phaseOf(root: unknown): number {
  let latest = Math.max(0, ...fieldUses(root).map(({ field }) => phaseNumber(field)));
  visitNodes(root, (node) => {
    if (node.kind === 'limiterPart' || node.kind === 'floodPart')
      latest = Math.max(latest, PHASES.indexOf(node.phase as Phase));
  });
  return latest;
}

export function phaseOfSelection(selection: Selection): number {
  return phaseOf(selection.picks);
}

/** True when something is known only at the end of `phase`: a field, or a selection taken whole. */
export function needsEnd(root: unknown, phase: number): boolean {
  let needed = fieldUses(root).some(({ field, as }) => {
    return phaseNumber(field) === phase && (field.atEnd || as === 'selection');
  });
  visitNodes(root, (node) => {
    if (node.kind === 'aggregate' && phaseOf(node.source) === phase) needed = true;
    // Limits of the body are asked behind its last byte.
    if (node.kind === 'limiterPart' && phase === PHASE.BODY && node.phase === 'body') needed = true;
  });
  return needed;
}

const NEED_OF_ORIGIN: Readonly<Record<string, number>> = {
  query: NEED.QUERY,
  form: NEED.ARGUMENTS,
  json: NEED.ARGUMENTS,
  multipart: NEED.ARGUMENTS,
  xml: NEED.ARGUMENTS,
  nested: NEED.NESTED | NEED.ARGUMENTS,
  header: NEED.HEADERS,
  cookie: NEED.COOKIES,
  part_header: NEED.ARGUMENTS,
  scope: NEED.CLAIMS,
  certificate_name: NEED.CERTIFICATE,
  certificate_usage: NEED.CERTIFICATE,
  certificate_policy: NEED.CERTIFICATE,
  text: NEED.TEXT,
  response_header: NEED.RESPONSE_HEADERS,
  response_text: NEED.RESPONSE_TEXT,
  response_json: NEED.RESPONSE_JSON,
};

/** Documents stand in arguments of all kinds, or are the body. */
const GRAPHQL = NEED.GRAPHQL | NEED.ARGUMENTS | NEED.QUERY | NEED.TEXT | NEED.MALFORMED;

const NEED_OF_SCALAR: Readonly<Record<string, number>> = {
  'body.size': NEED.SIZE,
  'body.bytes': NEED.DIGEST,
  'body.malformed': NEED.MALFORMED,
  'body.json.depth': NEED.MALFORMED,
  'body.json.keys': NEED.MALFORMED,
  'args.bytes': NEED.MALFORMED | NEED.QUERY | NEED.NESTED,
  'graphql.depth': GRAPHQL,
  'graphql.aliases': GRAPHQL,
  'graphql.fields': GRAPHQL,
  'response.body.size': NEED.RESPONSE_SIZE,
  'response.body.bytes': NEED.RESPONSE_DIGEST,
};

/** NEED bits: what must be read for this part to be decided. */
export function needsOf(root: unknown): number {
  let needs = 0;
  for (const { field, kind } of fieldUses(root)) {
    if (field.name === 'jwt.claims') {
      if (kind !== 'json') needs |= NEED.CLAIMS;
    } else if (field.form === 'json') {
      const response = field.name.startsWith('response.');
      needs |= response ? NEED.RESPONSE_JSON | NEED.RESPONSE_STRUCTURE : NEED.ARGUMENTS | NEED.STRUCTURE;
    } else if (field.form === 'records' || field.name.startsWith('files.')) {
      needs |= NEED.FILES;
    } else if (kind !== 'lines') {
      needs |= NEED_OF_SCALAR[field.name] ?? 0;
      for (const origin of field.origins) needs |= NEED_OF_ORIGIN[origin] ?? 0;
    }
  }
  return needs;
}

/** True when the condition reads nothing but the value bound as `binding`, constants and lists. */
export function isPure(body: Condition, binding: number): boolean {
  let pure = true;
  visitNodes(body, (node) => {
    switch (node.kind) {
      case 'field':
      case 'lines':
      case 'json':
      case 'boundPart':
      case 'aggregate':
      case 'exists':
      case 'sample':
      case 'quantified':
      case 'selection':
      case 'limiterPart':
      case 'floodPart':
        pure = false;
        break;
      case 'bound':
        if (node.binding !== binding) pure = false;
        break;
    }
  });
  return pure;
}

/** Binds a capture for the conjuncts to its right. One inside a `not`, an `or` or a binder block stays in there. */
export function hasCapture(condition: Condition): boolean {
  switch (condition.kind) {
    case 'constant':
    case 'quantified':
    case 'or':
    case 'not':
      return false;
    case 'and':
      return condition.items.some(hasCapture);
    case 'test':
      return condition.relation.kind === 'matches' && condition.relation.capture !== undefined;
  }
}

function readsCapture(condition: Condition): boolean {
  let found = false;
  visitNodes(condition, (node) => {
    if (node.kind === 'capture') found = true;
  });
  return found;
}

/** Steps of a pipe and what goes into it; a scalar without a pipe has none. */
export function unpipe(scalar: Scalar): {
  readonly input: Scalar;
  readonly steps: Extract<Scalar, { kind: 'pipe' }>['steps'];
} {
  if (scalar.kind !== 'pipe') return { input: scalar, steps: [] };
  const inner = unpipe(scalar.input);
  return { input: inner.input, steps: [...inner.steps, ...scalar.steps] };
}

/** Items of an `and` in which a capture and what reads it are one conjunct, in order. */
export function groupCaptures(items: readonly Condition[]): Condition[] {
  const first = items.findIndex(hasCapture);
  if (first < 0) return [...items];
  let last = first;
  items.forEach((item, i) => {
    if (i > first && (hasCapture(item) || readsCapture(item))) last = i;
  });
  const group = items.slice(first, last + 1);
  const joined: Condition =
    group.length === 1
      ? group[0]
      : { kind: 'and', items: group, span: spanBetween(group[0].span, group[group.length - 1].span) };
  return [...items.slice(0, first), joined, ...items.slice(last + 1)];
}
