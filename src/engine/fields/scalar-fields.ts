/** Readers of the scalar fields, one per row of `http/schema` that is a scalar; a test holds both in step. */
import { UNKNOWN } from '../../http/value.ts';
import type { MaybeValue } from '../../http/value.ts';
import { chooseBody } from '../../http/body/sniff.ts';
import { combineLines } from '../../http/fields.ts';
import type { GraphqlMeasures } from '../../http/graphql.ts';
import { media_type } from '../../http/transform/media-type.ts';
import type { BodyFacts, EvaluationContext, ScalarReader } from '../evaluation-context.ts';

const essenceOf = media_type.bind([]) as (value: string) => MaybeValue;

/** The essence of the declared media type; absent or unknown where there is none to tell. */
export function mediaTypeOf(lines: readonly string[]): MaybeValue {
  const line = combineLines(lines, 'content-type');
  return line === undefined ? undefined : essenceOf(line);
}

function requestLine({ head }: EvaluationContext): string {
  return `${head.method} ${head.sentTarget} HTTP/${head.version}`;
}

function basename({ head }: EvaluationContext): string {
  return head.rawPath.slice(head.rawPath.lastIndexOf('/') + 1);
}

function headerBytes({ head }: EvaluationContext): number {
  let bytes = 0;
  for (const text of head.fields) bytes += text.length;
  return bytes;
}

/** Absent without a JSON body, unknown when it could not be read. */
function jsonFact(facts: BodyFacts, fact: 'jsonDepth' | 'jsonKeys', kind: string): MaybeValue {
  if (facts.broken && kind === 'json') return UNKNOWN;
  return facts[fact];
}

/** Of a body whose rest was not looked at, only what is passed already is known; see `earlyTest`. */
function sizeOf({ cut, size }: BodyFacts): MaybeValue {
  return cut === undefined ? size : UNKNOWN;
}

function isMalformed({ fault, cut }: BodyFacts): MaybeValue {
  if (fault !== undefined) return true;
  return cut === undefined ? false : UNKNOWN;
}

/** Absent without a document; unknown when one could not be read, or may stand in what was not. */
function graphqlFact({ graphql, requestBody }: EvaluationContext, fact: keyof GraphqlMeasures): MaybeValue {
  if (graphql === null) return undefined;
  return graphql.unreadable || requestBody.broken ? UNKNOWN : graphql.measures?.[fact];
}

/** As bytes, which is what rules see of all text. */
function textOf(text: string | undefined): MaybeValue {
  return text === undefined ? undefined : Buffer.from(text, 'utf8').toString('latin1');
}

export const SCALAR_FIELDS: ReadonlyMap<string, ScalarReader> = new Map<string, ScalarReader>([
  ['client.ip', ({ head }) => head.client.ip],
  ['client.peer', ({ head }) => head.client.peer],
  ['client.port', ({ head }) => head.client.port],
  ['request.method', ({ head }) => head.method],
  ['request.line', requestLine],
  ['request.target', ({ head }) => head.target],
  ['request.raw_path', ({ head }) => head.rawPath],
  ['request.path', ({ head }) => head.path],
  ['request.basename', basename],
  ['request.query', ({ head }) => head.query],
  ['request.host', ({ head }) => head.host],
  ['request.version', ({ head }) => head.version],
  ['request.scheme', ({ head }) => head.scheme],
  ['request.id', ({ head }) => head.id],
  ['request.header_count', ({ head }) => head.fields.length / 2],
  ['request.header_bytes', headerBytes],
  ['request.content_type', ({ head }) => mediaTypeOf(head.fields)],
  ['request.content_length', ({ head }) => head.contentLength],
  ['request.has_body', ({ head }) => head.hasBody],
  ['tls.version', ({ tls }) => tls?.version],
  ['tls.sni', ({ tls }) => tls?.serverName],
  ['tls.cert.subject', ({ tls }) => textOf(tls?.certificate?.subject)],
  ['tls.cert.issuer', ({ tls }) => textOf(tls?.certificate?.issuer)],
  ['tls.cert.serial', ({ tls }) => tls?.certificate?.serial],
  ['tls.cert.fingerprint', ({ tls }) => tls?.certificate?.fingerprint],
  ['tls.cert.spiffe', ({ tls }) => tls?.certificate?.spiffe],
  ['tls.cert.verified', ({ tls }) => tls?.certificate !== undefined],
  ['jwt.valid', ({ claims }) => claims !== undefined],
  ['body.kind', ({ bodyKind }) => bodyKind],
  ['body.declared', ({ head }) => chooseBody(combineLines(head.fields, 'content-type')).kind],
  ['route', ({ routeName }) => routeName],
  ['body.size', ({ requestBody }) => sizeOf(requestBody)],
  ['body.malformed', ({ requestBody }) => isMalformed(requestBody)],
  ['body.json.depth', ({ requestBody, bodyKind }) => jsonFact(requestBody, 'jsonDepth', bodyKind)],
  ['body.json.keys', ({ requestBody, bodyKind }) => jsonFact(requestBody, 'jsonKeys', bodyKind)],
  ['args.bytes', ({ argumentBytes, requestBody }) => (requestBody.broken ? UNKNOWN : argumentBytes)],
  ['graphql.depth', (evaluation) => graphqlFact(evaluation, 'depth')],
  ['graphql.aliases', (evaluation) => graphqlFact(evaluation, 'aliases')],
  ['graphql.fields', (evaluation) => graphqlFact(evaluation, 'fields')],
  ['ws.bytes', ({ wsBytes }) => wsBytes],
  ['ws.direction', ({ wsDirection }) => wsDirection],
  ['response.status', ({ response }) => response?.status],
  ['response.content_type', ({ response }) => (response === null ? undefined : mediaTypeOf(response.fields))],
  ['response.latency', ({ response }) => response?.latencyUs],
  ['response.body.size', ({ responseBody }) => sizeOf(responseBody)],
]);

/** A header, cookie or route parameter under a fixed name, its lines joined. */
export function linesReader(field: string, key: string, separator: string): ScalarReader {
  switch (field) {
    case 'request.headers':
      return ({ head }) => joinLines(head.fields, key, separator);
    case 'response.headers':
      return ({ response }) => (response === null ? undefined : joinLines(response.fields, key, separator));
    case 'request.cookies':
      return ({ cookies }) =>
        joinLines(cookies.pairs, key, separator) ?? (cookies.truncated ? UNKNOWN : undefined);
    default:
      return ({ routeParameters }) => routeParameters.get(key);
  }
}

function joinLines(lines: readonly string[], name: string, separator: string): string | undefined {
  let joined: string | undefined;
  for (let i = 0; i + 1 < lines.length; i += 2) {
    if (lines[i] !== name) continue;
    joined = joined === undefined ? lines[i + 1] : joined + separator + lines[i + 1];
  }
  return joined;
}
