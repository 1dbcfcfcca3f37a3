/** Names to addresses for calls of the service: what is bounded, and what a DNS server that fails brings about. */
import { createSocket } from 'node:dgram';
import type { LookupAddress } from 'node:dns';
import { afterEach, describe, expect, it } from 'vitest';
import {
  EGRESS_ADDRESSES_MAX,
  EGRESS_DNS_MS,
  EGRESS_DNS_TRIES,
  EGRESS_LOOKUPS_MAX,
} from '../../../../src/core/limits.ts';
import { parseCidr } from '../../../../src/http/address.ts';
import { AddressGuard } from '../../../../src/proxy/egress/address-guard.ts';
import { CheckedLookup } from '../../../../src/proxy/egress/checked-lookup.ts';
import { DnsServer } from '../../../support/dns-server.ts';

const guard = new AddressGuard([parseCidr('127.0.0.0/8')!]);
let dns: DnsServer | undefined;

afterEach(async () => {
  await dns?.close();
  dns = undefined;
});

async function lookupOf(answer: (name: string) => readonly string[]): Promise<CheckedLookup> {
  dns = new DnsServer(answer);
  return new CheckedLookup(guard, [await dns.listen()]);
}

function connectLookup(lookup: CheckedLookup, options: object): Promise<unknown[]> {
  return new Promise((resolve) => lookup.lookup('a.example', options, (...answer) => resolve(answer)));
}

describe('CheckedLookup', () => {
  it('answers as net.connect asks: all, one, or one family', async () => {
    const lookup = await lookupOf(() => ['127.0.0.1', '8.8.8.8', '2606:4700::1111']);
    const all: LookupAddress[] = [
      { address: '127.0.0.1', family: 4 },
      { address: '8.8.8.8', family: 4 },
      { address: '2606:4700::1111', family: 6 },
    ];
    expect(await connectLookup(lookup, { all: true })).toEqual([null, all]);
    expect(await connectLookup(lookup, {})).toEqual([null, '127.0.0.1', 4]);
    expect(await connectLookup(lookup, { family: 6 })).toEqual([null, '2606:4700::1111', 6]);
    const [error] = await connectLookup(await lookupOf(() => ['127.0.0.1']), { family: 6 });
    expect(error).toMatchObject({ code: 'ENOTFOUND' });
  });

  it('asks the system, which knows hosts of its own, where no server is named', async () => {
    const lookup = new CheckedLookup(guard, []);
    const answer = await lookup.resolve('localhost').catch((error: NodeJS.ErrnoException) => error.code);
    // Where localhost is ::1 as well, the whole answer is refused.
    if (typeof answer === 'string') expect(answer).toBe('ERR_WARD_FORBIDDEN_ADDRESS');
    else expect(answer).toContainEqual({ address: '127.0.0.1', family: 4 });
    await expect(new CheckedLookup(new AddressGuard([]), []).resolve('localhost')).rejects.toMatchObject({
      code: 'ERR_WARD_FORBIDDEN_ADDRESS',
    });
  });

  it('asks once however many wait', async () => {
    const lookup = await lookupOf(() => ['127.0.0.1']);
    await Promise.all(Array.from({ length: 20 }, () => lookup.resolve('a.example')));
    expect(dns?.asked).toEqual(['a.example']);
    await lookup.resolve('a.example');
    expect(dns?.asked).toHaveLength(2);
  });

  it(`asks for ${EGRESS_LOOKUPS_MAX} names at once and no more`, async () => {
    const lookup = await lookupOf(() => ['127.0.0.1']);
    const names = Array.from({ length: EGRESS_LOOKUPS_MAX }, (_, i) => lookup.resolve(`h${i}.example`));
    await expect(lookup.resolve('one.example')).rejects.toMatchObject({ code: 'EAI_AGAIN' });
    await Promise.all(names);
    await expect(lookup.resolve('one.example')).resolves.toHaveLength(1);
  });

  it(`uses ${EGRESS_ADDRESSES_MAX} addresses of an answer, and checks the others all the same`, async () => {
    const many = Array.from({ length: EGRESS_ADDRESSES_MAX }, (_, i) => `127.0.1.${i}`);
    const lookup = await lookupOf((name) => [...many, name === 'bad.example' ? '10.0.0.1' : '127.0.2.1']);
    expect(await lookup.resolve('a.example')).toHaveLength(EGRESS_ADDRESSES_MAX);
    await expect(lookup.resolve('bad.example')).rejects.toThrow('bad.example is 10.0.0.1');
    expect(lookup.refused).toBe(1);
  });

  it(`asks a silent server ${EGRESS_DNS_TRIES} times for each family, from ${EGRESS_DNS_MS} ms on`, async () => {
    const silent = createSocket('udp4');
    let questions = 0;
    silent.on('message', () => (questions += 1));
    await new Promise<void>((resolve) => silent.bind(0, '127.0.0.1', resolve));
    const lookup = new CheckedLookup(guard, [`127.0.0.1:${silent.address().port}`]);
    await expect(lookup.resolve('a.example')).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    expect(questions).toBe(2 * EGRESS_DNS_TRIES);
    await new Promise<void>((resolve) => silent.close(() => resolve()));
  });
});
