/**
 * Runs a body through a reader in any cut and writes down everything it reports, so that cuts can be compared.
 */
import type { BodyReader, ReaderLimits, ReaderOptions } from '../../src/http/body/reader.ts';
import { ORIGIN_NAMES } from '../../src/http/value.ts';
import type { JsonStructureSink, ValueSink } from '../../src/http/value.ts';

export interface Replay {
  readonly events: readonly unknown[][];
  readonly fault: { reason: string; at: number } | null;
  readonly cleared: number;
  readonly counts: unknown;
  readonly kind: string;
}

export const SMALL_LIMITS: ReaderLimits = {
  windowBytes: 16,
  argumentsMax: 200,
  documentValuesMax: 200,
  nameBytesMax: 64,
  depthMax: 8,
  partsMax: 8,
};

export type ReaderMaker = (options: ReaderOptions) => BodyReader;

export interface ReplaySetup {
  readonly limits?: ReaderLimits;
  readonly boundary?: string;
  readonly direction?: 'request' | 'response';
}

/** Feeds `chunks`; throws when `cleared` goes back or beyond what was written. */
export function replay(make: ReaderMaker, chunks: readonly Uint8Array[], setup: ReplaySetup = {}): Replay {
  const events: unknown[][] = [];
  const sink: ValueSink = {
    value: (origin, name, path, text, part, leaf, at, length) => {
      events.push([ORIGIN_NAMES[origin], name, path, text, part, leaf, at, length]);
    },
    file: (file) => events.push(['file', { ...file }]),
  };
  const structure: JsonStructureSink = {
    open: (kind, at) => events.push(['open', kind, at]),
    close: (kind, at) => events.push(['close', kind, at]),
    key: (name, at) => events.push(['key', name, at]),
    scalar: (leaf, text, part, at) => events.push(['scalar', leaf, text, part, at]),
  };
  const reader = make({
    limits: setup.limits ?? SMALL_LIMITS,
    sink,
    structure,
    direction: setup.direction ?? 'request',
    ...(setup.boundary === undefined ? {} : { boundary: setup.boundary }),
  });
  let written = 0;
  let cleared = 0;
  const check = (): void => {
    if (reader.cleared < cleared) throw new Error(`cleared went back from ${cleared} to ${reader.cleared}`);
    if (reader.cleared > written) throw new Error(`cleared ${reader.cleared} of ${written} written`);
    cleared = reader.cleared;
  };
  for (const chunk of chunks) {
    const reused = Buffer.from(chunk); // the caller may reuse its memory: overwritten right after
    reader.write(reused);
    written += chunk.length;
    reused.fill(0x58);
    check();
  }
  reader.end();
  check();
  const fault = reader.fault === null ? null : { ...reader.fault };
  return { events, fault, cleared: reader.cleared, counts: { ...reader.counts }, kind: reader.kind };
}

/** Every way to cut the body that is worth trying: whole, byte by byte, each single cut, pairs of cuts if it is short. */
export function* cuts(body: Uint8Array): Generator<Uint8Array[]> {
  const piece = (from: number, to: number): Uint8Array => body.subarray(from, to);
  yield Array.from(body, (_, i) => piece(i, i + 1));
  for (let a = 1; a < body.length; a++) yield [piece(0, a), piece(a, body.length)];
  if (body.length > 48) return;
  for (let a = 1; a < body.length; a++) {
    for (let b = a + 1; b < body.length; b++) yield [piece(0, a), piece(a, b), piece(b, body.length)];
  }
}

/** Replays the body whole and in every cut; returns the whole run, throws on any difference. */
export function replayEveryCut(make: ReaderMaker, body: Uint8Array, setup: ReplaySetup = {}): Replay {
  const whole = replay(make, [body], setup);
  const expected = JSON.stringify(whole);
  for (const chunks of cuts(body)) {
    const actual = JSON.stringify(replay(make, chunks, setup));
    if (actual !== expected) {
      const sizes = chunks.map((chunk) => chunk.length).join(',');
      throw new Error(`cut into ${sizes}:\n${actual}\nwhole:\n${expected}`);
    }
  }
  return whole;
}

export const bytesOf = (latin1: string): Buffer => Buffer.from(latin1, 'latin1');
export const utf8BytesAsLatin1 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

/** Joins the segments of each value back together: name, path, text, leaf. */
export function wholeValues(run: Replay, windowBytes: number): unknown[][] {
  const values: unknown[][] = [];
  for (const event of run.events) {
    if (event.length !== 8) continue;
    const [, name, path, text, part, leaf] = event as [string, string, string, string, number, number];
    if ((part & 1) !== 0) values.push([name, path, text, leaf]);
    else {
      const last = values[values.length - 1];
      last[2] = (last[2] as string) + text.slice(windowBytes / 2);
    }
  }
  return values;
}
