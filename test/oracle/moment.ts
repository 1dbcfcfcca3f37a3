/**
 * The exchange as known at one moment: which values have arrived, which phases are over, what every field says.
 *
 * A value of a field is absent (`undefined`), unreadable (`UNKNOWN`) or not known yet (`LATER`).
 */
import type { CheckedPolicy } from '../../src/dsl/checked.ts';
import type { Pick, Scalar } from '../../src/dsl/checked-condition.ts';
import { chooseBody } from '../../src/http/body/sniff.ts';
import { combineLines } from '../../src/http/fields.ts';
import type { FieldPhase, FieldSchema } from '../../src/http/schema.ts';
import { TRANSFORMATIONS } from '../../src/http/transform/registry.ts';
import { UNKNOWN } from '../../src/http/value.ts';
import type { MaybeValue, Value } from '../../src/http/value.ts';
import { nodeAt } from './document.ts';
import type { JsonNode } from './document.ts';
import type { BodyRecord, Collected, Origin } from './exchange.ts';
import type { Routed } from './routes.ts';
import { occurrencesOf, typedLeaf } from './selection.ts';
import type { Occurrence } from './selection.ts';

export const LATER: unique symbol = Symbol('later');
export type Reading = MaybeValue | typeof LATER;

export const PHASE_NAMES: readonly FieldPhase[] = [
  'connection',
  'headers',
  'body',
  'response_headers',
  'response_body',
];

export interface World {
  readonly policy: CheckedPolicy;
  readonly windowBytes: number;
  readonly bodyBytesMax: number;
  readonly collected: Collected;
  readonly routed: Routed;
  readonly secrets: ReadonlyMap<string, string>;
  readonly lists: ReadonlyMap<string, readonly Value[]>;
}

export class Moment {
  readonly world: World;
  /** Position in PHASE_NAMES of the phase that runs. */
  readonly phase: number;
  readonly ended: boolean;
  readonly arrivals: number;
  /** Bytes of the body of this phase. */
  readonly bytes: number;
  readonly occurrences: readonly Occurrence[];
  readonly #documents = new Map<string, JsonNode | null>();

  constructor(world: World, phase: FieldPhase, ended: boolean, arrivals: number, bytes: number) {
    this.world = world;
    this.phase = PHASE_NAMES.indexOf(phase);
    this.ended = ended;
    this.arrivals = arrivals;
    this.bytes = bytes;
    this.occurrences = occurrencesOf(world.collected.arrivals.slice(0, arrivals));
  }

  isOver(phase: FieldPhase): boolean {
    const index = PHASE_NAMES.indexOf(phase);
    return index < this.phase || (index === this.phase && this.ended);
  }

  /** Whether more values of these origins may come, or some could not be read. */
  restOf(origins: ReadonlySet<Origin>): 'none' | 'open' | 'unknown' {
    let rest: 'none' | 'open' | 'unknown' = 'none';
    const { request, response, headBroken } = this.world.collected;
    for (const origin of origins) {
      if (!this.isOver(phaseOfOrigin(origin))) return 'open';
      if (request.broken.has(origin) || headBroken.has(origin) || response?.broken.has(origin) === true)
        rest = 'unknown';
    }
    return rest;
  }

  field(field: FieldSchema): Reading {
    if (field.atEnd && !this.isOver(field.phase)) return LATER;
    const { head, response } = this.world.collected.exchange;
    const { request, response: answered } = this.world.collected;
    switch (field.name) {
      case 'client.ip':
        return head.client.ip;
      case 'client.peer':
        return head.client.peer;
      case 'client.port':
        return head.client.port;
      case 'request.method':
        return head.method;
      case 'request.line':
        return `${head.method} ${head.sentTarget} HTTP/${head.version}`;
      case 'request.target':
        return head.target;
      case 'request.raw_path':
        return head.rawPath;
      case 'request.path':
        return head.path;
      case 'request.basename':
        return head.rawPath.split('/').at(-1);
      case 'request.query':
        return head.query;
      case 'request.host':
        return head.host;
      case 'request.version':
        return head.version;
      case 'request.scheme':
        return head.scheme;
      case 'request.id':
        return head.id;
      case 'request.header_count':
        return head.fields.length / 2;
      case 'request.header_bytes':
        return head.fields.join('').length;
      case 'request.content_type':
        return mediaType(head.fields);
      case 'request.content_length':
        return head.contentLength;
      case 'request.has_body':
        return head.hasBody;
      case 'jwt.valid':
        return false;
      case 'body.kind':
        return request.kind;
      case 'body.declared':
        return chooseBody(combineLines(head.fields, 'content-type')).kind;
      case 'route':
        return this.world.routed.route?.name;
      case 'body.size':
        return request.cut ? UNKNOWN : request.bytes.length;
      case 'body.bytes':
        return request.cut ? UNKNOWN : latin1(request.bytes);
      case 'body.malformed':
        return request.fault === undefined && request.cut ? UNKNOWN : request.fault !== undefined;
      case 'body.json.depth':
        return jsonFact(request, request.jsonDepth);
      case 'body.json.keys':
        return jsonFact(request, request.jsonKeys);
      case 'args.bytes':
        return request.fault === undefined && !request.cut ? this.#argumentBytes() : UNKNOWN;
      case 'graphql.depth':
      case 'graphql.aliases':
      case 'graphql.fields':
        throw new Error(`the oracle does not read ${field.name}: test/unit/engine/graphql.test.ts does`);
      case 'response.status':
        return response?.status;
      case 'response.content_type':
        return mediaType(response?.fields ?? []);
      case 'response.body.size':
        return answered?.bytes.length;
      case 'response.body.bytes':
        return latin1(answered?.bytes ?? new Uint8Array());
      default:
        throw new Error(`the oracle does not read ${field.name}`);
    }
  }

  /** What a growing number is at least by now. */
  atLeast(field: FieldSchema): number {
    const { request } = this.world.collected;
    if (field.name === 'body.size' && request.cut && this.isOver('body')) return this.world.bodyBytesMax + 1;
    if (PHASE_NAMES.indexOf(field.phase) !== this.phase) return -Infinity;
    return field.name === 'body.size' || field.name === 'response.body.size' ? this.bytes : -Infinity;
  }

  lines(scalar: Extract<Scalar, { kind: 'lines' }>): Reading {
    const { field, key, separator } = scalar;
    const { exchange, cookies, headBroken } = this.world.collected;
    if (field.name === 'route.params') return this.world.routed.parameters.get(key);
    const isCookie = field.name === 'request.cookies';
    const lines = isCookie
      ? cookies
      : field.name === 'request.headers'
        ? exchange.head.fields
        : exchange.response?.fields;
    const found: string[] = [];
    for (let i = 0; lines !== undefined && i + 1 < lines.length; i += 2)
      if (lines[i] === key) found.push(lines[i + 1]);
    if (found.length > 0) return found.join(separator);
    return isCookie && headBroken.has('cookie') ? UNKNOWN : undefined;
  }

  /** The JSON value at a fixed path; a container shows as an empty one of its kind. */
  json(field: FieldSchema, path: readonly (string | number)[]): Reading {
    const node = nodeAt(this.document(field), path);
    if (node !== undefined) return valueOf(node);
    return this.absentJson(field);
  }

  absentJson(field: FieldSchema): Reading {
    if (field.name === CLAIMS) return undefined;
    if (!this.isOver(field.phase)) return LATER;
    return this.#bodyOf(field).broken.size > 0 ? UNKNOWN : undefined;
  }

  document(field: FieldSchema): JsonNode | null {
    if (field.name === CLAIMS) return null;
    if (!this.#documents.has(field.name)) {
      const arrivals = this.isOver(field.phase) ? Infinity : this.arrivals;
      this.#documents.set(field.name, this.#bodyOf(field).document.at(arrivals, this.world.windowBytes));
    }
    return this.#documents.get(field.name) ?? null;
  }

  #bodyOf(field: FieldSchema): BodyRecord {
    const { request, response } = this.world.collected;
    return field.name.startsWith('response.') && response !== undefined ? response : request;
  }

  #argumentBytes(): number {
    const origins = new Set<string>(['query', 'form', 'json', 'multipart', 'xml', 'nested']);
    let bytes = 0;
    for (const { origin, name, segments } of this.occurrences) {
      if (!origins.has(origin)) continue;
      const half = this.world.windowBytes >>> 1;
      bytes += name.length + segments.reduce((sum, text, i) => sum + text.length - (i === 0 ? 0 : half), 0);
    }
    return bytes;
  }
}

const HEAD_ORIGINS: ReadonlySet<Origin> = new Set(['header', 'cookie', 'query', 'claim', 'scope']);
/** The JSON field that is no body; nobody carries a token here. */
const CLAIMS = 'jwt.claims';

export function phaseOfOrigin(origin: Origin): FieldPhase {
  if (HEAD_ORIGINS.has(origin)) return 'headers';
  if (origin === 'response_header') return 'response_headers';
  return origin === 'response_text' || origin === 'response_json' ? 'response_body' : 'body';
}

export function valueOf(node: JsonNode): MaybeValue {
  if (node.kind === 'object') return { json: {} };
  if (node.kind === 'array') return { json: [] };
  return node.long ? UNKNOWN : typedLeaf(node.leaf, node.text);
}

/** JSON values at a path with `*`, with their pointers. */
export function elementsAt(
  root: JsonNode | null,
  path: Pick['jsonPath'],
): { pointer: string; name: string; node: JsonNode }[] {
  if (root === null) return [];
  let found = [{ pointer: '', name: '', node: root }];
  for (const step of path) {
    found = found.flatMap(({ pointer, name, node }) => {
      if (typeof step === 'object') {
        const elements = node.kind === 'array' ? node.elements : [];
        return elements.map((element, i) => ({ pointer: `${pointer}/${i}`, name, node: element }));
      }
      const next = nodeAt(node, [step]);
      if (next === undefined) return [];
      const escaped = String(step).replaceAll('~', '~0').replaceAll('/', '~1');
      const longer = typeof step === 'number' ? name : name === '' ? step : `${name}.${step}`;
      return [{ pointer: `${pointer}/${escaped}`, name: longer, node: next }];
    });
  }
  return found;
}

function mediaType(fields: readonly string[]): MaybeValue {
  const line = combineLines(fields, 'content-type');
  const transformation = TRANSFORMATIONS.get('media_type');
  return line === undefined || transformation?.kind !== 'map' ? undefined : transformation.bind([])(line);
}

function jsonFact(body: BodyRecord, fact: number | undefined): MaybeValue {
  return body.kind === 'json' && (body.fault !== undefined || body.cut) ? UNKNOWN : fact;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

export function sourceName(origin: Occurrence['origin']): string {
  return origin === 'scalar' ? 'field' : origin;
}
