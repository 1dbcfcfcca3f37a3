/** Which values and which scalars must not be printed, from the policy's `redact`. */
import { randomBytes } from 'node:crypto';
import type { Pick } from '../dsl/checked.ts';
import type { RedactionPlan } from '../engine/program.ts';
import { FACET } from '../engine/program.ts';
import { ORIGIN } from '../http/value.ts';
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

function rootName(name: string): string {
  const dot = name.indexOf('.');
  return dot < 0 ? name : name.slice(0, dot);
}
