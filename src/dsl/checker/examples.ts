/**
 * Example requests made whole: what an author leaves out is what a normal client sends, so that an example tests the
 * rule and not the odd request.
 */
import { parseCidr, parseIp } from '../../http/address.ts';
import type { Json, JsonObject, StringLiteral } from '../ast-expression.ts';
import type { AnsweredOption, Request, RequestOption } from '../ast-scenario.ts';
import type { Example } from '../ast-rule.ts';
import type { CheckedExample, ExampleRequest } from '../checked-request.ts';
import type { Context } from './context.ts';
import { intWithin } from './literals.ts';

const HOST = 'example.test';
const USER_AGENT = 'ward-example/1';
/** TEST-NET-2 (RFC 5737), which no list of a real policy names. */
const CLIENT_ADDRESS = '198.51.100.7';
const BOUNDARY = 'ward-example-boundary';

/** RFC 9110 §5.1 and §5.5. */
const FIELD_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** RFC 9112 §3.2.1, leniently: what a client can send without breaking the request line. */
const TARGET = /^\/[\x21-\x7e]*$/;

type Header = readonly [string, string];
type BodyOption = Extract<RequestOption, { kind: 'BodyOption' | 'JsonOption' | 'FormOption' | 'PartOption' }>;

interface Content {
  readonly body: string;
  readonly type: string | undefined;
}

export function checkExample(context: Context, example: Example): CheckedExample {
  const request = checkRequest(context, example.request, 'example');
  return { expect: example.expectation, request, span: example.span };
}

/** A request as it goes over the wire. */
export function checkRequest(context: Context, node: Request, place: 'example' | 'scenario'): ExampleRequest {
  if (!TARGET.test(node.target.value)) {
    context.report('E209', node.target.span, 'a request target begins with `/` and holds no blanks', {
      help: 'percent-encode what is not plain ASCII, as a client would',
    });
  }
  const { options } = node;
  reportRepeats(context, options);
  const given = options.flatMap((option) =>
    option.kind === 'HeaderOption' ? [headerOf(context, option)] : [],
  );
  const content = contentOf(context, options);
  const cookies = options.flatMap((option) =>
    option.kind === 'CookieOption' ? [`${option.name.value}=${option.value.value}`] : [],
  );
  const headers: Header[] = [
    ['host', HOST],
    ['user-agent', USER_AGENT],
    ['accept', '*/*'],
  ];
  if (cookies.length > 0) headers.push(['cookie', cookies.join('; ')]);
  if (content?.type !== undefined) headers.push(['content-type', content.type]);
  if (content !== undefined) headers.push(['content-length', String(content.body.length)]);
  return {
    method: node.method.name,
    target: node.target.value,
    ...fromOf(context, options, place),
    scheme: options.find((option) => option.kind === 'OverOption')?.scheme ?? 'https',
    headers: overridden(headers, given),
    body: content?.body,
    answered: answeredOf(context, options),
    claims: claimsOf(context, options),
    certificate: certificateOf(context, options),
    later: [],
  };
}

/** Options that make one thing of the request: twice is a mistake. */
function reportRepeats(context: Context, options: readonly RequestOption[]): void {
  const seen = new Map<string, RequestOption>();
  for (const option of options) {
    if (option.kind === 'HeaderOption' || option.kind === 'CookieOption') continue;
    const key = isContent(option) ? 'the body' : option.kind;
    const first = seen.get(key);
    seen.set(key, option);
    if (first === undefined || (first.kind === 'PartOption' && option.kind === 'PartOption')) continue;
    context.report('E301', option.span, isContent(option) ? 'a request has one body' : 'this stands twice', {
      labels: [{ span: first.span, message: 'first here' }],
    });
  }
}

function isContent(option: RequestOption): option is BodyOption {
  return (
    option.kind === 'BodyOption' ||
    option.kind === 'JsonOption' ||
    option.kind === 'FormOption' ||
    option.kind === 'PartOption'
  );
}

function headerOf(context: Context, option: { name: StringLiteral; value: StringLiteral }): Header {
  if (!FIELD_NAME.test(option.name.value)) {
    context.report('E209', option.name.span, 'this is no field name');
  }
  if (!FIELD_VALUE.test(option.value.value)) {
    context.report('E209', option.value.span, 'a field value holds no line ends and no control characters');
  }
  return [option.name.value.toLowerCase(), option.value.value];
}

/** Headers of the author replace those of the same name. */
function overridden(headers: readonly Header[], given: readonly Header[]): readonly Header[] {
  const names = new Set(given.map(([name]) => name));
  return [...headers.filter(([name]) => !names.has(name)), ...given];
}

function fromOf(
  context: Context,
  options: readonly RequestOption[],
  place: 'example' | 'scenario',
): Pick<ExampleRequest, 'from' | 'fromEach'> {
  const from = options.find((option) => option.kind === 'FromOption');
  if (from === undefined) return { from: CLIENT_ADDRESS, fromEach: undefined };
  const { value, span } = from.address;
  const address = parseIp(value);
  if (address !== null) return { from: address.text, fromEach: undefined };
  const network = parseCidr(value);
  if (network !== null && place === 'scenario') return { from: network.address.text, fromEach: network };
  if (network === null) context.report('E209', span, `\`${value}\` is no address`);
  else {
    context.report('E209', span, 'an example is one request from one address', {
      help: 'in a scenario, a network sends each request from another of its addresses',
    });
  }
  return { from: CLIENT_ADDRESS, fromEach: undefined };
}

/** The certificate of a client of this identity: a SPIFFE id or another URI, a subject, or a DNS name. */
function certificateOf(context: Context, options: readonly RequestOption[]): ExampleRequest['certificate'] {
  const cert = options.find((option) => option.kind === 'CertOption');
  if (cert === undefined) return undefined;
  const { value, span } = cert.identity;
  const isUri = /^[a-z][a-z0-9+.-]*:/i.test(value);
  const isSubject = !isUri && value.includes('=');
  if (value === '') {
    context.report('E209', span, 'a certificate without an identity', {
      help: 'write a SPIFFE id, a subject such as `CN=billing`, or a DNS name',
    });
  }
  return {
    subject: isSubject ? value : 'CN=client',
    issuer: 'CN=authority of the examples',
    serial: '1',
    fingerprint: '0'.repeat(64),
    dnsNames: isUri || isSubject ? [] : [value.toLowerCase()],
    uris: isUri ? [value] : [],
    emails: [],
    addresses: [],
    spiffe: value.startsWith('spiffe://') ? value : undefined,
    keyUsages: ['digitalSignature'],
    extendedKeyUsages: ['clientAuth'],
    policies: [],
    notBeforeMs: 0,
    notAfterMs: Number.MAX_SAFE_INTEGER,
    pem: '',
  };
}

function claimsOf(context: Context, options: readonly RequestOption[]): ExampleRequest['claims'] {
  const claims = options.find((option) => option.kind === 'ClaimsOption');
  if (claims === undefined) return undefined;
  if (claims.value.kind === 'JsonObject') return jsonObject(claims.value);
  context.report('E209', claims.value.span, 'claims are a JSON object');
  return undefined;
}

/** `fromEntries` makes own properties of all names, `__proto__` too. */
function jsonObject(json: JsonObject): Readonly<Record<string, unknown>> {
  return Object.fromEntries(json.members.map(({ key, value }) => [key.value, jsonValue(value)]));
}

function jsonValue(json: Json): unknown {
  switch (json.kind) {
    case 'JsonObject':
      return jsonObject(json);
    case 'JsonArray':
      return json.elements.map(jsonValue);
    case 'JsonNumber':
      return Number(json.raw);
    case 'JsonNull':
      return null;
    case 'StringLiteral':
    case 'BoolLiteral':
      return json.value;
  }
}

// -- content

function contentOf(context: Context, options: readonly RequestOption[]): Content | undefined {
  const parts = options.filter((option) => option.kind === 'PartOption');
  if (parts.length > 0) {
    return { body: multipart(parts), type: `multipart/form-data; boundary=${BOUNDARY}` };
  }
  const option = options.find(isContent);
  switch (option?.kind) {
    case 'BodyOption':
      return { body: option.content.value, type: undefined };
    case 'JsonOption':
      return { body: jsonText(option.value), type: 'application/json' };
    case 'FormOption':
      return { body: formText(context, option.value), type: 'application/x-www-form-urlencoded' };
    case 'PartOption':
    case undefined:
      return undefined;
  }
}

/** What browsers make of the ends of file names; anything else is sent as bytes. */
const TYPE_OF_EXTENSION: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  svg: 'image/svg+xml',
  pdf: 'application/pdf',
  zip: 'application/zip',
  txt: 'text/plain',
  csv: 'text/csv',
  html: 'text/html',
  xml: 'text/xml',
  json: 'application/json',
};

function typeOfFile(name: string): string {
  const extension = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  return Object.hasOwn(TYPE_OF_EXTENSION, extension)
    ? TYPE_OF_EXTENSION[extension]
    : 'application/octet-stream';
}

/** RFC 7578. */
function multipart(parts: readonly Extract<RequestOption, { kind: 'PartOption' }>[]): string {
  let body = '';
  for (const part of parts) {
    const filename = part.filename === undefined ? '' : `; filename="${quotedName(part.filename.value)}"`;
    const type = part.filename === undefined ? '' : `content-type: ${typeOfFile(part.filename.value)}\r\n`;
    body += `--${BOUNDARY}\r\n`;
    body += `content-disposition: form-data; name="${quotedName(part.name.value)}"${filename}\r\n`;
    body += `${type}\r\n${part.content.value}\r\n`;
  }
  return `${body}--${BOUNDARY}--\r\n`;
}

/** As browsers do: https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data */
function quotedName(name: string): string {
  return name.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

/** JSON without blanks. Bytes beyond ASCII are UTF-8 already and stay. */
export function jsonText(json: Json): string {
  switch (json.kind) {
    case 'JsonObject':
      return `{${json.members.map((member) => `${jsonString(member.key.value)}:${jsonText(member.value)}`).join(',')}}`;
    case 'JsonArray':
      return `[${json.elements.map(jsonText).join(',')}]`;
    case 'JsonNumber':
      return json.raw;
    case 'JsonNull':
      return 'null';
    case 'StringLiteral':
      return jsonString(json.value);
    case 'BoolLiteral':
      return String(json.value);
  }
}

function jsonString(text: string): string {
  const escaped = text.replace(
    /["\\\x00-\x1f]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `"${escaped}"`;
}

function formText(context: Context, value: Json): string {
  if (value.kind !== 'JsonObject') {
    context.report('E209', value.span, 'a form is a JSON object of its fields');
    return '';
  }
  const pairs: string[] = [];
  for (const member of value.members) {
    const values = member.value.kind === 'JsonArray' ? member.value.elements : [member.value];
    for (const one of values) {
      if (one.kind === 'JsonObject' || one.kind === 'JsonArray' || one.kind === 'JsonNull') {
        context.report('E209', one.span, 'the value of a form field is a text or a number');
        continue;
      }
      const text = one.kind === 'StringLiteral' ? one.value : jsonText(one);
      pairs.push(`${formEncode(member.key.value)}=${formEncode(text)}`);
    }
  }
  return pairs.join('&');
}

/** https://url.spec.whatwg.org/#urlencoded-serializing */
function formEncode(bytes: string): string {
  return bytes.replace(/[^A-Za-z0-9*\-._]/g, (char) =>
    char === ' ' ? '+' : `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

// -- answers

function answeredOf(context: Context, options: readonly RequestOption[]): ExampleRequest['answered'] {
  const answered = options.find((option) => option.kind === 'AnsweredOption');
  if (answered === undefined) return undefined;
  const content = answerContent(context, answered);
  const given = answered.parts.flatMap((part) =>
    part.kind === 'HeaderOption' ? [headerOf(context, part)] : [],
  );
  const headers: Header[] = [
    ['content-type', content.type ?? 'text/plain; charset=utf-8'],
    ['content-length', String(content.body.length)],
  ];
  return {
    status: intWithin(context, answered.status, 200, 599, 'a status'),
    headers: overridden(content.body === '' ? headers.slice(1) : headers, given),
    body: content.body,
  };
}

function answerContent(context: Context, answered: AnsweredOption): Content {
  const contents = answered.parts.filter((part) => part.kind !== 'HeaderOption');
  const [first, second] = contents;
  if (second !== undefined) {
    context.report('E301', second.span, 'an answer has one body', {
      labels: [{ span: first.span, message: 'first here' }],
    });
  }
  if (first === undefined) return { body: '', type: undefined };
  return first.kind === 'JsonOption'
    ? { body: jsonText(first.value), type: 'application/json' }
    : { body: first.content.value, type: undefined };
}
