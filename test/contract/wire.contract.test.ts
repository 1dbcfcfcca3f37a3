/**
 * Every wire case on both listeners: once in one piece, then cut in two at split points.
 *
 * What the upstream gets is compared byte for byte between the whole and every cut request, so a listener whose
 * reading depends on packet borders fails here.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ListenerKind } from '../../src/proxy/listener.ts';
import type { UpstreamFieldsOptions } from '../../src/proxy/upstream-fields.ts';
import { RawClient, type RawResponse } from '../support/raw-client.ts';
import { RawUpstream, type RawExchange } from '../support/raw-upstream.ts';
import { loadWireCases, type WireCase } from '../support/wire-cases.ts';
import { until } from '../support/until.ts';
import { LISTENERS, startWard, type Ward } from '../support/ward.ts';

/** A request up to this long is cut at every byte, a longer one at this many points spread over it. */
const SPLITS_MAX = 96;
const PARALLEL = 24;
/** How long silence must last to count as "no answer". */
const SILENCE_MS = 250;
/** Longer than bytes take from one socket of this process to another. */
const SETTLE_MS = 20;

const cases = loadWireCases();
const KEYS = new Set([
  'status',
  'reason',
  'closed',
  'upstream',
  'target',
  'method',
  'body',
  'has',
  'lacks',
  'answer',
]);

interface Seen {
  readonly responses: readonly RawResponse[];
  readonly closed: boolean;
}

describe.each(LISTENERS)('wire cases on %s', (listener) => {
  const upstream = new RawUpstream();
  const wards = new Map<string, Ward>();

  beforeAll(async () => {
    await upstream.listen();
    for (const one of cases) {
      const key = JSON.stringify(one.settings);
      if (!wards.has(key)) wards.set(key, await wardFor(listener, upstream.port, one.settings));
    }
  });
  afterAll(async () => {
    for (const ward of wards.values()) await ward.close();
    await upstream.close();
  });

  it.each(cases.map((one) => [`${one.document} ${one.title}`, one] as const))('%s', async (_title, one) => {
    const ward = wards.get(JSON.stringify(one.settings))!;
    const wanted = (key: string) =>
      one.expectations
        .filter((each) => each.key === key && (each.listener === undefined || each.listener === listener))
        .map((each) => each.value);
    for (const each of one.expectations) expect(KEYS, `unknown key ${each.key}`).toContain(each.key);
    expect(wanted('status').length, 'a case expects a status').toBeGreaterThan(0);

    upstream.reset();
    ward.records.length = 0;
    const statuses = wanted('status')[0].split(' ');
    const silent = statuses[0] === 'none';
    const seen = await send(ward.port, one, [], silent ? 0 : statuses.length, wanted('closed')[0] === 'yes');
    const whole = upstream.requests.map(comparable);
    checkAnswers(seen, silent ? [] : statuses, wanted);
    if (wanted('reason').length > 0)
      expect(ward.records.map(({ refusal }) => refusal)).toEqual(wanted('reason'));
    checkUpstream(upstream.requests, wanted);
    if (silent) return;

    for (const batch of batchesOf(splitsOf(one.request))) {
      upstream.reset();
      const results = await Promise.all(
        batch.map((cut) => send(ward.port, one, [cut], statuses.length, wanted('closed')[0] === 'yes')),
      );
      const answered = results.map((result, index) => {
        const got = result.responses.map(({ status }) => String(status));
        const cutOff = listener === 'uws' && endsInVersion(one.request, batch[index]) && got[0] === '505';
        if (!cutOff) expect(got, `cut at ${batch[index]}`).toEqual(statuses);
        return !cutOff;
      });
      const expected = answered.flatMap((served) => (served ? whole : [])).sort();
      const lastChunk = listener === 'uws' ? endOfLastChunk(one.request) : undefined;
      if (whole.length > 0 || lastChunk === undefined) {
        expect(upstream.requests.map(comparable).sort()).toEqual(expected);
        continue;
      }
      await settled(ward);
      const late = batch.filter((cut) => cut >= lastChunk);
      expect(upstream.requests.length).toBeLessThanOrEqual(late.length);
      for (const { text } of upstream.requests)
        expect(text).not.toContain(one.request.slice(lastChunk).trim());
    }
  });
});

/** Nothing is under way, and what was written to the upstream has been read there. */
async function settled(ward: Ward): Promise<void> {
  await until(() => ward.proxy.active === 0, 'the end of all requests');
  await sleep(SETTLE_MS);
}

async function wardFor(
  listener: ListenerKind,
  upstreamPort: number,
  settings: WireCase['settings'],
): Promise<Ward> {
  return startWard({
    listener,
    upstreamPort,
    trusted: settings['trusted']?.split(' ') ?? [],
    guard: {
      hosts: settings['hosts']?.split(' ') ?? [],
      oddNames: settings['odd names'] === 'refuse' ? 'refuse' : 'drop',
    },
    options: {
      upstreamFields: {
        write: (settings['fields'] ?? 'x-forwarded') as UpstreamFieldsOptions['write'],
        passFromAnyone: settings['pass']?.split(' ') ?? [],
        passOddNames: settings['pass']?.split(' ') ?? [],
      },
    },
  });
}

async function send(
  port: number,
  { request }: WireCase,
  cuts: readonly number[],
  answers: number,
  mustClose: boolean,
): Promise<Seen> {
  const client = new RawClient(port);
  await client.sendCut(request, cuts);
  const responses: RawResponse[] = [];
  const method = request.slice(0, request.indexOf(' '));
  for (let i = 0; i < answers; i++) {
    const response = await client.response(method);
    if (response !== null) responses.push(response);
  }
  // Whatever else comes is one answer too many.
  const extra = answers === 0 ? await client.response(method, SILENCE_MS) : null;
  if (extra !== null) responses.push(extra);
  const closed = mustClose ? await client.waitClosed() : client.closed;
  client.destroy();
  return { responses, closed };
}

function checkAnswers(seen: Seen, statuses: readonly string[], wanted: (key: string) => string[]): void {
  expect(seen.responses.map(({ status }) => String(status))).toEqual(statuses);
  if (wanted('closed')[0] === 'yes') expect(seen.closed, 'connection closed').toBe(true);
  for (const field of wanted('answer')) {
    const [name, value] = splitField(field);
    expect(seen.responses[0].headers[name], name).toBe(value);
  }
}

function checkUpstream(requests: readonly RawExchange[], wanted: (key: string) => string[]): void {
  const count = wanted('upstream')[0];
  if (count !== undefined)
    expect(requests.length, 'requests upstream').toBe(count === 'none' ? 0 : Number(count));
  const [line = '', ...fields] = requests[0]?.head.split('\r\n') ?? [];
  for (const target of wanted('target')) expect(line.split(' ')[1]).toBe(target);
  for (const method of wanted('method')) expect(line.split(' ')[0]).toBe(method);
  for (const body of wanted('body')) expect(requests[0].body).toBe(body);
  for (const field of wanted('has')) expect(fields).toContain(field);
  for (const name of wanted('lacks')) {
    expect(
      fields.filter((field) => field.toLowerCase().startsWith(`${name}:`)),
      `lacks ${name}`,
    ).toEqual([]);
  }
}

/** A request without what differs each time. */
function comparable({ text, body, head }: RawExchange): string {
  const chunked = /^transfer-encoding: chunked$/im.test(head);
  const stable = head.replace(/^x-request-id: test-\d+$/m, 'x-request-id: *');
  return `${chunked ? stable : text.slice(0, 0) + stable}\n\n${body}`;
}

function splitField(field: string): [string, string] {
  const colon = field.indexOf(':');
  return [field.slice(0, colon), field.slice(colon + 1).trim()];
}

/**
 * uWebSockets.js does not wait for the rest of a request line whose packet ends behind the method's space or within
 * the version: it answers 505 itself and closes, and nothing reaches the upstream.
 */
function endsInVersion(request: string, cut: number): boolean {
  const version = request.search(/ HTTP\/1\.1\r\n/);
  const target = request.lastIndexOf(' ', version - 1) + 1;
  return cut === target || (cut > version && cut <= version + ' HTTP/1.1\r'.length);
}

/**
 * Where the last chunk's line ends, if trailers follow. uWebSockets.js ends the body there and takes the trailers for another
 * request, which it refuses: where they come in a packet of their own, the first is at the upstream by then, without them.
 */
function endOfLastChunk(request: string): number | undefined {
  const found = /\r\n0\r(?=\n[^\r])/.exec(request);
  return found === null ? undefined : found.index + found[0].length;
}

function splitsOf(request: string): number[] {
  const points = request.length - 1;
  if (points <= SPLITS_MAX) return Array.from({ length: points }, (_, index) => index + 1);
  return Array.from({ length: SPLITS_MAX }, (_, index) => 1 + Math.floor((index * points) / SPLITS_MAX));
}

function batchesOf(splits: readonly number[]): number[][] {
  const batches: number[][] = [];
  for (let i = 0; i < splits.length; i += PARALLEL) batches.push(splits.slice(i, i + PARALLEL));
  return batches;
}
