/**
 * A whole exchange as the oracle sees it: everything the readers report, in order, with the number of body bytes
 * that had been read by then. Bodies are fed byte by byte, the finest cut there is; nothing is decided here.
 *
 * Bodies with a content coding are left to the tests of the decoders: here any coding but `identity` is a fault.
 */
import { READER_LIMITS_DEFAULT, createReaderFor } from '../../src/http/body/create-reader.ts';
import { goesOnLikeJson, readNestedJson } from '../../src/http/body/nested.ts';
import type { BodyReader, ReaderLimits } from '../../src/http/body/reader.ts';
import { chooseBody } from '../../src/http/body/sniff.ts';
import { RawTextTap } from '../../src/http/body/text.ts';
import { parseCookies } from '../../src/http/cookies.ts';
import { combineLines } from '../../src/http/fields.ts';
import { parseQuery } from '../../src/http/query.ts';
import type { FieldLines, RequestHead } from '../../src/http/request-head.ts';
import { LEAF, ORIGIN_NAMES, PART } from '../../src/http/value.ts';
import type { FileRecord, OriginName, ValueSink } from '../../src/http/value.ts';
import { DocumentBuilder } from './document.ts';

export interface Exchange {
  readonly head: RequestHead;
  readonly body: Uint8Array;
  readonly response?: { readonly status: number; readonly fields: FieldLines; readonly body: Uint8Array };
}

export type Side = 'head' | 'body' | 'response_head' | 'response_body';
export type Origin = OriginName | 'file';

/** One value, file or segment of a long value. */
export interface Arrival {
  readonly side: Side;
  readonly origin: Origin;
  readonly name: string;
  readonly path: string;
  readonly text: string;
  readonly leaf: number;
  readonly part: number;
  readonly file: FileRecord | undefined;
  /** Body bytes read when it was reported. */
  readonly bytes: number;
}

export interface BodyRecord {
  readonly kind: string;
  readonly bytes: Uint8Array;
  /** Longer than may be read: what lies beyond was not looked at. */
  readonly cut: boolean;
  readonly fault: string | undefined;
  /** Origins that broke off. */
  readonly broken: ReadonlySet<Origin>;
  readonly jsonDepth: number | undefined;
  readonly jsonKeys: number | undefined;
  readonly document: DocumentBuilder;
}

export interface Collected {
  readonly exchange: Exchange;
  readonly arrivals: readonly Arrival[];
  readonly request: BodyRecord;
  readonly response: BodyRecord | undefined;
  /** Origins that hold more than is read, body or none. */
  readonly headBroken: ReadonlySet<Origin>;
  readonly cookies: readonly string[];
}

const BREAKS: Readonly<Record<string, readonly Origin[]>> = {
  text: ['form', 'json', 'nested'],
  urlencoded: ['form', 'nested'],
  json: ['json', 'nested'],
  multipart: ['multipart', 'part_header', 'nested', 'file'],
  xml: ['xml', 'nested'],
};
const MAY_HOLD_JSON: ReadonlySet<Origin> = new Set(['query', 'form', 'json', 'multipart', 'xml', 'cookie']);

/** Reads everything, of the request's body `bytesMax`; O(body × window). */
export function collect(exchange: Exchange, windowBytes: number, bytesMax: number): Collected {
  return new Collector(exchange, windowBytes, bytesMax).run();
}

class Collector {
  readonly #exchange: Exchange;
  readonly #limits: ReaderLimits;
  readonly #bytesMax: number;
  readonly #arrivals: Arrival[] = [];
  readonly #overfull = new Set<Origin>();
  #side: Side = 'head';
  #bytes = 0;
  #lastValue = 0;

  constructor(exchange: Exchange, windowBytes: number, bytesMax: number) {
    this.#exchange = exchange;
    this.#bytesMax = bytesMax;
    this.#limits = { ...READER_LIMITS_DEFAULT, windowBytes };
  }

  run(): Collected {
    const { head, body, response } = this.#exchange;
    const cookies = parseCookies(combineLines(head.fields, 'cookie') ?? '');
    const query = head.hasQuery ? parseQuery(head.query) : { pairs: [], truncated: false };
    this.#lines('header', head.fields);
    this.#lines('cookie', cookies.pairs);
    for (const { name, value } of query.pairs) this.#whole('query', name, value);
    if (cookies.truncated) this.#overfull.add('cookie').add('nested');
    if (query.truncated) this.#overfull.add('query').add('nested');
    this.#side = 'body';
    const request = head.hasBody ? this.#body(body, head.fields, 'request') : NO_BODY;
    let answered: BodyRecord | undefined;
    if (response !== undefined) {
      this.#side = 'response_head';
      this.#lines('response_header', response.fields);
      this.#side = 'response_body';
      answered = this.#body(response.body, response.fields, 'response');
    }
    const { pairs } = cookies;
    const arrivals = this.#arrivals;
    return {
      exchange: this.#exchange,
      arrivals,
      request,
      response: answered,
      headBroken: this.#overfull,
      cookies: pairs,
    };
  }

  #lines(origin: Origin, lines: readonly string[]): void {
    for (let i = 0; i + 1 < lines.length; i += 2) this.#whole(origin, lines[i], lines[i + 1]);
  }

  #whole(origin: Origin, name: string, text: string): void {
    this.#arrive({ origin, name, path: name, text, part: PART.WHOLE, leaf: LEAF.TEXT, file: undefined });
  }

  #arrive(value: Omit<Arrival, 'side' | 'bytes'>): void {
    const { origin, name, path, text, part, leaf } = value;
    this.#arrivals.push({ ...value, side: this.#side, bytes: this.#bytes });
    if (origin !== 'nested') this.#lastValue = this.#arrivals.length;
    if (!MAY_HOLD_JSON.has(origin) || leaf !== LEAF.TEXT) return;
    if (part !== PART.WHOLE) {
      // Too long to be read as a whole: what it may hold is missing.
      if ((part & PART.FIRST) !== 0 && goesOnLikeJson(text, this.#limits)) this.#overfull.add('nested');
      return;
    }
    const result = readNestedJson(text, name, path, -1, 0, this.#limits, this.#sink());
    if (result === 'beyond_limits') this.#overfull.add('nested');
  }

  #sink(): ValueSink {
    return {
      value: (origin, name, path, text, part, leaf) => {
        this.#arrive({ origin: ORIGIN_NAMES[origin], name, path, text, part, leaf, file: undefined });
      },
      file: (file) => {
        const { name } = file;
        this.#arrive({ origin: 'file', name, path: name, text: '', part: PART.WHOLE, leaf: LEAF.TEXT, file });
      },
    };
  }

  #body(bytes: Uint8Array, fields: FieldLines, direction: 'request' | 'response'): BodyRecord {
    const choice = chooseBody(combineLines(fields, 'content-type'));
    const document = new DocumentBuilder();
    const own: readonly Origin[] = direction === 'response' ? ['response_json'] : (BREAKS[choice.kind] ?? []);
    const coding = combineLines(fields, 'content-encoding');
    if (coding !== undefined && coding.trim().toLowerCase() !== 'identity') {
      const text: Origin = direction === 'response' ? 'response_text' : 'text';
      return record(choice.kind, bytes, 'coding.unsupported', [...own, text], null, document);
    }
    const options = { limits: this.#limits, sink: this.#sink(), direction };
    const structure = document.sink(
      () => this.#arrivals.length,
      () => this.#lastValue,
    );
    const isRead = direction === 'request' || choice.kind === 'json';
    const reader = isRead ? createReaderFor(choice, { ...options, structure }) : null;
    const text = new RawTextTap(options);
    this.#bytes = 0;
    const cut = direction === 'request' && bytes.length > this.#bytesMax;
    for (const byte of cut ? bytes.subarray(0, this.#bytesMax) : bytes) {
      this.#bytes++;
      reader?.write(Uint8Array.of(byte));
      text.write(Uint8Array.of(byte));
    }
    if (cut) {
      const found = reader?.fault?.reason;
      return { ...record(choice.kind, bytes, found, [...own, 'text'], null, document), cut };
    }
    this.#bytes++;
    reader?.end();
    text.end();
    const fault = reader?.fault?.reason;
    return record(choice.kind, bytes, fault, fault === undefined ? [] : own, reader, document);
  }
}

function record(
  kind: string,
  bytes: Uint8Array,
  fault: string | undefined,
  broken: readonly Origin[],
  reader: BodyReader | null,
  document: DocumentBuilder,
): BodyRecord {
  const isJson = reader?.kind === 'json' && fault === undefined;
  const jsonDepth = isJson ? reader.counts.depth : undefined;
  const jsonKeys = isJson ? reader.counts.keys : undefined;
  return { kind, bytes, cut: false, fault, broken: new Set(broken), jsonDepth, jsonKeys, document };
}

const NO_BODY = record('none', new Uint8Array(), undefined, [], null, new DocumentBuilder());
