/** Binder blocks that read what is not known when their value arrives are decided at the end (docs/language.md, Streaming). */
import type { Condition, Selection } from '../../src/dsl/checked-condition.ts';
import type { FieldSchema } from '../../src/http/schema.ts';
import { PHASE_NAMES } from './moment.ts';

interface Use {
  readonly phase: number;
  readonly field: FieldSchema;
  readonly kind: unknown;
}

/** Position in PHASE_NAMES of the phase at whose end the block is decided; -1 if each value decides. */
export function retainedUntil(source: Selection, body: Condition): number {
  const own = latest(uses(source.picks));
  const read = uses(body);
  const later = read.some(({ phase }) => phase > own);
  const unsettled = read.some(
    ({ phase, field, kind }) =>
      phase === own && (field.atEnd || kind === 'json' || isBodySelection(field, kind)),
  );
  return later || unsettled ? Math.max(own, latest(read)) : -1;
}

function isBodySelection(field: FieldSchema, kind: unknown): boolean {
  return (
    kind === undefined && field.form !== 'scalar' && field.phase !== 'headers' && field.phase !== 'connection'
  );
}

function latest(all: readonly Use[]): number {
  return Math.max(0, ...all.map(({ phase }) => phase));
}

function uses(root: unknown): Use[] {
  if (typeof root !== 'object' || root === null) return [];
  if (Array.isArray(root)) return root.flatMap(uses);
  const node = root as Readonly<Record<string, unknown>>;
  const inner = Object.entries(node).flatMap(([key, child]) =>
    key === 'span' || key === 'field' ? [] : uses(child),
  );
  if (typeof node.field !== 'object') return inner;
  const field = node.field as FieldSchema;
  return [{ phase: PHASE_NAMES.indexOf(field.phase), field, kind: node.kind }, ...inner];
}
