/**
 * The fields of the rules language: name, type, phase and where their values come from.
 *
 * The checker resolves names against this table, the compiler turns entries into readers, the reference page is
 * generated from it. Adding a field means adding a row here and a reader in `engine/fields`.
 */
import type { OriginName } from './value.ts';
import type { TypeName } from './transform/transformation.ts';

export type FieldPhase =
  | 'connection'
  | 'headers'
  | 'body'
  | 'response_headers'
  | 'response_body'
  | 'ws_message';

/**
 * - `scalar`: one value known when its phase begins.
 * - `list`: a selection without names.
 * - `map`: a selection with names; takes a key (`request.headers["host"]`) and has `.names` and `.values`.
 * - `json`: a document; takes a path (`body.json.items[*].sku`).
 * - `records`: `files`, whose parts are projected (`files.filename`).
 */
export type FieldForm = 'scalar' | 'list' | 'map' | 'json' | 'records';

/** `jwt`: validates tokens. `client_certificates`: asks clients for certificates. */
export type FieldProvider = 'jwt' | 'client_certificates';

export interface FieldSchema {
  readonly name: string;
  readonly form: FieldForm;
  readonly type: TypeName;
  readonly optional: boolean;
  readonly phase: FieldPhase;
  /** Origins whose values make up a selection, in order of arrival. */
  readonly origins: readonly OriginName[];
  /** What of each value is taken. */
  readonly part: 'value' | 'name' | 'path';
  /** Known only when its phase ends (`body.size`, `body.json.depth`), not when it begins. */
  readonly atEnd: boolean;
  /** Parses and type-checks, but a policy that uses it is refused (E901) until the part behind it is built. */
  readonly later: boolean;
  /**
   * Who must provide it: the configuration, or the program that embeds the engine. A running Ward without refuses a policy
   * that uses the field.
   */
  readonly needs?: FieldProvider;
  readonly doc: string;
}

type Options = Partial<Omit<FieldSchema, 'name' | 'form' | 'type' | 'phase' | 'doc'>>;

function row(
  form: FieldForm,
  name: string,
  type: TypeName,
  phase: FieldPhase,
  doc: string,
  options: Options = {},
): FieldSchema {
  return {
    name,
    form,
    type,
    phase,
    doc,
    optional: false,
    origins: [],
    part: 'value',
    atEnd: false,
    later: false,
    ...options,
  };
}

const OPTIONAL: Options = { optional: true };
const LATER: Options = { later: true };
const LATER_OPTIONAL: Options = { later: true, optional: true };
const FROM_TOKEN: Options = { needs: 'jwt' };
const OF_CERTIFICATE: Options = { needs: 'client_certificates' };
const AT_END: Options = { atEnd: true };

const ARGS: readonly OriginName[] = ['query', 'form', 'json', 'multipart', 'xml', 'nested'];

function map(name: string, phase: FieldPhase, origins: readonly OriginName[], doc: string): FieldSchema[] {
  return [
    row('map', name, 'String', phase, doc, { origins }),
    row('list', `${name}.names`, 'String', phase, `Names of \`${name}\`.`, { origins, part: 'name' }),
    row('list', `${name}.values`, 'String', phase, `Values of \`${name}\`, without their names.`, {
      origins,
    }),
    row(
      'list',
      `${name}.paths`,
      'String',
      phase,
      `Paths of \`${name}\`: a JSON pointer where there is one.`,
      { origins, part: 'path' },
    ),
  ];
}

export const FIELDS: readonly FieldSchema[] = [
  // connection
  row('scalar', 'client.ip', 'Ip', 'connection', 'Address of the client, after trusted forwarding fields.'),
  row('scalar', 'client.peer', 'Ip', 'connection', 'Address of the other end of the connection.'),
  row(
    'scalar',
    'client.port',
    'Int',
    'connection',
    'Port of the other end; absent on the uws listener.',
    OPTIONAL,
  ),
  row(
    'scalar',
    'tls.version',
    'String',
    'connection',
    'TLS version, `TLSv1.3` or `TLSv1.2`; absent without TLS and on the uws listener.',
    OPTIONAL,
  ),
  row(
    'scalar',
    'tls.sni',
    'String',
    'connection',
    'Server name the client asked for, lower-case; on the uws listener only names of `tls.server_names`.',
    OPTIONAL,
  ),
  row(
    'scalar',
    'tls.cert.subject',
    'String',
    'connection',
    'Subject of the client certificate, as `CN=billing,O=Example` (RFC 4514).',
    { ...OF_CERTIFICATE, optional: true },
  ),
  row(
    'scalar',
    'tls.cert.issuer',
    'String',
    'connection',
    'Issuer of the client certificate, in the same form.',
    { ...OF_CERTIFICATE, optional: true },
  ),
  row(
    'scalar',
    'tls.cert.serial',
    'String',
    'connection',
    'Serial number of the client certificate in hexadecimal digits.',
    { ...OF_CERTIFICATE, optional: true },
  ),
  row(
    'scalar',
    'tls.cert.fingerprint',
    'String',
    'connection',
    'SHA-256 of the client certificate in lower-case hexadecimal digits.',
    { ...OF_CERTIFICATE, optional: true },
  ),
  row('scalar', 'tls.cert.spiffe', 'String', 'connection', 'SPIFFE id of the client certificate.', {
    ...OF_CERTIFICATE,
    optional: true,
  }),
  row(
    'list',
    'tls.cert.sans',
    'String',
    'headers',
    'Alternative names of the client certificate: DNS names in lower case, URIs, e-mail and IP addresses.',
    { ...OF_CERTIFICATE, origins: ['certificate_name'] },
  ),
  row(
    'list',
    'tls.cert.usages',
    'String',
    'headers',
    'Key usages and extended key usages of the client certificate: `digitalSignature`, `clientAuth`, … or an object identifier.',
    { ...OF_CERTIFICATE, origins: ['certificate_usage'] },
  ),
  row(
    'list',
    'tls.cert.policies',
    'String',
    'headers',
    'Object identifiers of the policies of the client certificate.',
    { ...OF_CERTIFICATE, origins: ['certificate_policy'] },
  ),
  row(
    'scalar',
    'tls.cert.verified',
    'Bool',
    'connection',
    'The client showed a certificate, and it is in order.',
    OF_CERTIFICATE,
  ),
  row('scalar', 'request.method', 'Method', 'headers', 'Method as sent.'),
  row('scalar', 'request.line', 'String', 'headers', 'Request line as sent.'),
  row('scalar', 'request.target', 'String', 'headers', 'Request target as sent: path and query.'),
  row('scalar', 'request.raw_path', 'String', 'headers', 'Path as sent.'),
  row('scalar', 'request.path', 'String', 'headers', 'Canonical path: what routing and the upstream see.'),
  row('scalar', 'request.basename', 'String', 'headers', 'Last segment of the path as sent.'),
  row('scalar', 'request.query', 'String', 'headers', 'Query string as sent, without the question mark.'),
  row('scalar', 'request.host', 'String', 'headers', 'Host, lower-case, with its port if one was sent.'),
  row('scalar', 'request.version', 'String', 'headers', 'HTTP version: "1.0", "1.1" or "2".'),
  row('scalar', 'request.scheme', 'String', 'headers', '"http" or "https", as the client used.'),
  row('scalar', 'request.id', 'String', 'headers', 'Id of the request, the one in logs and refusals.'),
  ...map('request.headers', 'headers', ['header'], 'Field lines of the request, names lower-case.'),
  ...map('request.cookies', 'headers', ['cookie'], 'Cookies.'),
  row('scalar', 'request.header_count', 'Int', 'headers', 'Number of field lines.'),
  row('scalar', 'request.header_bytes', 'Size', 'headers', 'Bytes of all field names and values.'),
  row(
    'scalar',
    'request.content_type',
    'MediaType',
    'headers',
    'Media type without parameters, lower-case.',
    OPTIONAL,
  ),
  row('scalar', 'request.content_length', 'Size', 'headers', 'Declared length of the body.', OPTIONAL),
  row('scalar', 'request.has_body', 'Bool', 'headers', 'The request carries a body.'),
  row(
    'scalar',
    'body.kind',
    'String',
    'headers',
    '"none", "urlencoded", "json", "multipart", "xml", "text" or "opaque", as declared.',
  ),
  row('scalar', 'body.declared', 'String', 'headers', 'What `body.kind` is or would be with a body.'),
  row('scalar', 'route', 'Route', 'headers', 'Most specific declared route the request falls on.', OPTIONAL),
  row('map', 'route.params', 'String', 'headers', 'Parameters of the route.', OPTIONAL),
  ...map('args.query', 'headers', ['query'], 'Arguments of the query string.'),
  row('scalar', 'jwt.valid', 'Bool', 'headers', 'The token holds.', FROM_TOKEN),
  row('json', 'jwt.claims', 'Json', 'headers', 'Claims of a valid token.', { ...FROM_TOKEN, optional: true }),
  row('list', 'jwt.scopes', 'String', 'headers', 'Scopes of a valid token.', {
    ...FROM_TOKEN,
    origins: ['scope'],
  }),
  row('scalar', 'openapi.operation', 'String', 'headers', 'Operation of the contract.', LATER_OPTIONAL),
  row('scalar', 'openapi.valid', 'Bool', 'body', 'The request fits the contract.', LATER),

  // body
  row('scalar', 'body.size', 'Size', 'body', 'Bytes of the body as sent.', AT_END),
  row('list', 'body.text', 'String', 'body', 'The body after its content coding, in segments.', {
    origins: ['text'],
  }),
  row('scalar', 'body.bytes', 'Bytes', 'body', 'The whole body, for digests alone.', AT_END),
  row('scalar', 'body.malformed', 'Bool', 'body', 'The body could not be read.', AT_END),
  row('json', 'body.json', 'Json', 'body', 'The JSON body.', OPTIONAL),
  row('scalar', 'body.json.depth', 'Int', 'body', 'Deepest nesting of the JSON body.', {
    optional: true,
    atEnd: true,
  }),
  row('scalar', 'body.json.keys', 'Int', 'body', 'Number of keys in the JSON body.', {
    optional: true,
    atEnd: true,
  }),
  ...map(
    'args',
    'body',
    ARGS,
    'All arguments: query, form, JSON leaves, multipart fields, XML, JSON inside parameters.',
  ),
  row('scalar', 'args.bytes', 'Size', 'body', 'Bytes of all argument names and values.', AT_END),
  ...map('args.form', 'body', ['form'], 'Arguments of an urlencoded body.'),
  ...map('args.json', 'body', ['json'], 'Leaves of a JSON body.'),
  ...map('args.multipart', 'body', ['multipart'], 'Parts of a multipart body without a file name.'),
  ...map('args.xml', 'body', ['xml'], 'Text and attributes of an XML body.'),
  ...map('args.nested', 'body', ['nested'], 'Leaves of JSON inside a parameter or a cookie.'),
  row('records', 'files', 'String', 'body', 'Files of a multipart body.'),
  row('list', 'files.name', 'String', 'body', 'Part names of the files.'),
  row('list', 'files.filename', 'String', 'body', 'File names as sent.'),
  row('list', 'files.type', 'MediaType', 'body', 'Declared media types.'),
  row('list', 'files.size', 'Size', 'body', 'Sizes.'),
  row('list', 'files.magic', 'MediaType', 'body', 'Media types shown by the first bytes.'),
  ...map('multipart.headers', 'body', ['part_header'], 'Raw header lines of parts, by part name.'),
  row('scalar', 'graphql.depth', 'Int', 'body', 'Levels of the GraphQL document; of several the most.', {
    optional: true,
    atEnd: true,
  }),
  row('scalar', 'graphql.aliases', 'Int', 'body', 'Aliases of the GraphQL document, fragments in full.', {
    optional: true,
    atEnd: true,
  }),
  row(
    'scalar',
    'graphql.fields',
    'Int',
    'body',
    'Fields of the GraphQL document, fragments in full; of a batch the sum.',
    { optional: true, atEnd: true },
  ),

  // WebSocket messages
  row('list', 'ws.text', 'String', 'ws_message', 'Text of the message.', { origins: ['ws_text'] }),
  row('scalar', 'ws.bytes', 'Size', 'ws_message', 'Bytes of the message.'),
  row('scalar', 'ws.direction', 'String', 'ws_message', '"in" from the client, "out" to it.'),

  // responses
  row('scalar', 'response.status', 'Int', 'response_headers', 'Status.'),
  ...map('response.headers', 'response_headers', ['response_header'], 'Field lines of the response.'),
  row(
    'scalar',
    'response.content_type',
    'MediaType',
    'response_headers',
    'Media type of the response.',
    OPTIONAL,
  ),
  row(
    'scalar',
    'response.latency',
    'Duration',
    'response_headers',
    'Time from the forwarded request to the response head.',
  ),
  row('list', 'response.body.text', 'String', 'response_body', 'The response body, in segments.', {
    origins: ['response_text'],
  }),
  row(
    'scalar',
    'response.body.bytes',
    'Bytes',
    'response_body',
    'The whole response body, for digests alone.',
    AT_END,
  ),
  row('json', 'response.body.json', 'Json', 'response_body', 'The JSON response body.', OPTIONAL),
  row('scalar', 'response.body.size', 'Size', 'response_body', 'Bytes of the response body.', AT_END),
];

/** Parts of a `files` record that a binder reads: `f.size`. */
export const FILE_PARTS: Readonly<Record<string, TypeName>> = {
  name: 'String',
  filename: 'String',
  type: 'MediaType',
  size: 'Size',
  magic: 'MediaType',
};

/** Parts every value of a selection has. */
export const VALUE_PARTS: Readonly<Record<string, TypeName>> = {
  name: 'String',
  path: 'String',
  source: 'String',
};

export const FIELD_BY_NAME: ReadonlyMap<string, FieldSchema> = new Map(
  FIELDS.map((field) => [field.name, field]),
);

/** Phases in order of time; a rule runs in the latest of its fields. `ws_message` stands apart. */
export const PHASE_ORDER: readonly FieldPhase[] = [
  'connection',
  'headers',
  'body',
  'ws_message',
  'response_headers',
  'response_body',
];
