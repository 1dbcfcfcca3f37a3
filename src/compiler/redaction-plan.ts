/** Which values and which scalars must not be printed, from the policy's `redact`. */
import { randomBytes } from 'node:crypto';
import type { Pick, Scalar } from '../dsl/checked-condition.ts';
import type { RedactionPlan } from '../engine/program.ts';
import { FACET } from '../engine/program.ts';
import { ORIGIN, ORIGIN_NAMES } from '../http/value.ts';
import { visitNodes } from './analysis.ts';
import { coverageOf } from './coverage.ts';
import type { PatternCompiler } from './coverage.ts';
import { fieldLabel } from './scalars.ts';

const HASH_KEY_BYTES = 32;

/** Scalars and texts in which values of an origin stand as they are. */
const CONTAINERS: readonly { readonly origin: number; readonly fields: readonly string[] }[] = [
  { origin: ORIGIN.query, fields: ['request.query', 'request.target', 'request.line'] },
  { origin: ORIGIN.form, fields: ['body.text'] },
  { origin: ORIGIN.json, fields: ['body.text'] },
  { origin: ORIGIN.multipart, fields: ['body.text'] },
  { origin: ORIGIN.xml, fields: ['body.text'] },
  { origin: ORIGIN.response_json, fields: ['response.body.text'] },
];

export function redactionPlan(
  picks: readonly Pick[],
  hashKey: Uint8Array | undefined,
  compile: PatternCompiler,
): RedactionPlan {
  const coverages = picks.map((pick) => coverageOf(pick, compile));
  const values = coverages.filter((pick) => pick.scalar === undefined && pick.facet === FACET.VALUE);
  const fields = new Set<string>();
  for (const { scalar } of coverages) if (scalar !== undefined) fields.add(fieldLabel(scalar));
  const covers = (origin: number, name: string): boolean =>
    values.some((pick) => (pick.origins & (1 << origin)) !== 0 && pick.accepts(name, name));
  for (const { origin, fields: containers } of CONTAINERS) {
    if (values.some((pick) => (pick.origins & (1 << origin)) !== 0))
      containers.forEach((name) => fields.add(name));
  }
  for (const pick of picks) {
    if (pick.field !== undefined && pick.key?.kind === 'name')
      fields.add(`${pick.field.name}["${pick.key.name}"]`);
  }
  const redactsCookies = values.some((pick) => (pick.origins & (1 << ORIGIN.cookie)) !== 0);
  if (redactsCookies) fields.add('request.headers["cookie"]');
  return {
    // JSON inside a redacted parameter or cookie carries its name in front.
    covers: (origin, name) =>
      covers(origin, name) ||
      (origin === ORIGIN.nested && covers(ORIGIN.cookie, rootName(name))) ||
      (origin === ORIGIN.nested && covers(ORIGIN.query, rootName(name))) ||
      (origin === ORIGIN.header && name === 'cookie' && redactsCookies),
    fields,
    hashKey: hashKey ?? randomBytes(HASH_KEY_BYTES),
  };
}

/** Whether a value read from `scalar` may hold what must not be printed. */
export function isRedacted(scalar: Scalar, plan: RedactionPlan, compile: PatternCompiler): boolean {
  const selected = (pick: Pick): boolean => {
    const { origins, exactName, scalar: single } = coverageOf(pick, compile);
    if (single !== undefined) return isRedacted(single, plan, compile);
    // One of any name: it is not known which.
    if (exactName === undefined) return true;
    return ORIGIN_NAMES.some(
      (_, origin) => (origins & (1 << origin)) !== 0 && plan.covers(origin, exactName),
    );
  };
  let found = false;
  visitNodes(scalar, (node) => {
    const part = node as unknown as Scalar;
    if (part.kind === 'field' || part.kind === 'lines') found ||= plan.fields.has(fieldLabel(part));
    if (part.kind === 'json') {
      const pick = { field: part.field, scalar: undefined, key: undefined, except: [], jsonPath: part.path };
      found ||= selected({ ...pick, span: part.span });
    }
    if (part.kind === 'aggregate') found ||= part.source.picks.some(selected);
  });
  return found;
}

function rootName(name: string): string {
  const dot = name.indexOf('.');
  return dot < 0 ? name : name.slice(0, dot);
}
