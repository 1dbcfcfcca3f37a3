/** An upload beyond `body max` that the policy only logs arrives whole, through either listener. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MIB } from '../../src/core/limits.ts';
import { exchange } from '../support/raw-client.ts';
import { RawUpstream } from '../support/raw-upstream.ts';
import { engineFor } from '../support/transaction-of.ts';
import { LISTENERS, startWard, type Ward } from '../support/ward.ts';

const RULES = `policy "p" { mode enforce on uninspectable request -> log body hold 64B, window 32B, max 200B -> log }
rule t.a "x" { severity critical when any (args, body.text) contains "attack" then block 403 }`;

describe.each(LISTENERS)('a body over the maximum on %s', (listener) => {
  const upstream = new RawUpstream();
  let ward: Ward;

  beforeAll(async () => {
    await upstream.listen();
    ward = await startWard({ listener, upstreamPort: upstream.port, engine: engineFor(RULES) });
  });
  afterAll(async () => {
    await ward.close();
    await upstream.close();
  });

  const head = (framing: string) =>
    `POST /p HTTP/1.1\r\nHost: s.example\r\nContent-Type: text/plain\r\n${framing}\r\n\r\n`;

  it.each(['declared', 'chunked'])('arrives whole: %s', async (framing) => {
    upstream.reset();
    const body = `${'u'.repeat(MIB - 4)}last`;
    const request =
      framing === 'declared'
        ? `${head(`Content-Length: ${body.length}`)}${body}`
        : `${head('Transfer-Encoding: chunked')}${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    const response = await exchange(ward.port, request, 'POST');
    expect(response?.status).toBe(200);
    expect(upstream.requests).toHaveLength(1);
    expect(upstream.requests[0].body.length).toBe(body.length);
    expect(upstream.requests[0].body.toString().endsWith('ulast')).toBe(true);
    const { report } = ward.records.at(-1) ?? {};
    expect(report).toMatchObject({ logged: ['policy.body_max'], bodyBytes: body.length });
  });
});
