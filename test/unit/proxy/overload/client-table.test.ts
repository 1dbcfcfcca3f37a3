import { describe, expect, it } from 'vitest';
import {
  CLIENT_STANDING_MAX,
  CLIENT_TABLE_PLACES,
  CLIENT_TABLE_WAYS,
  CLIENT_TURN_MS,
} from '../../../../src/core/limits.ts';
import { type IpAddress, ipv4, parseIp } from '../../../../src/http/address.ts';
import { ClientTable } from '../../../../src/proxy/overload/client-table.ts';

const SEED = 12_345;
const TURN_MS = CLIENT_TURN_MS;

const ip = (text: string): IpAddress => {
  const address = parseIp(text);
  if (address === null) throw new Error(text);
  return address;
};

function start() {
  const table = new ClientTable(SEED, TURN_MS);
  const arrive = (address: IpAddress, now = 0) => table.arrive(address, table.hash(address), now);
  const find = (address: IpAddress) => table.find(address, table.hash(address));
  return { table, arrive, find };
}

describe('ClientTable', () => {
  it('counts IPv6 by /64 and tells it from IPv4', () => {
    const { arrive, find } = start();
    const place = arrive(ip('2001:db8:1:2::1'));
    expect(arrive(ip('2001:db8:1:2:ffff::9'))).toBe(place);
    expect(find(ip('2001:db8:1:3::1'))).toBe(-1);
    expect(arrive(ip('::ffff:192.0.2.1'))).toBe(arrive(ip('192.0.2.1')));
    expect(find(ip('::192.0.2.1'))).toBe(-1);
  });

  it('has no more places than it has, and forgets newcomers before those it knows', () => {
    const { table, arrive, find } = start();
    const known = Array.from({ length: 1_000 }, (_, i) => ipv4(0x0a000000 + i));
    for (let turn = 0; turn < 3; turn++)
      for (const address of known) table.earn(arrive(address, turn * TURN_MS));
    for (let i = 0; i < 4 * CLIENT_TABLE_PLACES; i++) {
      expect(arrive(ipv4(0xc0000000 + i), 3 * TURN_MS)).toBeLessThan(CLIENT_TABLE_PLACES);
    }
    expect(known.filter((address) => find(address) < 0)).toEqual([]);
    expect(table.evicted).toBeGreaterThan(2 * CLIENT_TABLE_PLACES);
  });

  it('keeps the place of a client with something under way', () => {
    const { table, arrive, find } = start();
    const first = ipv4(1);
    const mates: IpAddress[] = [];
    const set = (address: IpAddress) => table.hash(address) & (CLIENT_TABLE_PLACES - CLIENT_TABLE_WAYS);
    for (let i = 2; mates.length < CLIENT_TABLE_WAYS; i++)
      if (set(ipv4(i)) === set(first)) mates.push(ipv4(i));
    for (const address of [first, ...mates.slice(1)]) table.enter(arrive(address));
    expect(arrive(mates[0]), 'all ways are busy').toBe(-1);
    const place = find(first);
    table.leave(place);
    table.leave(place);
    expect(table.inFlight(place)).toBe(0);
    expect(arrive(mates[0])).toBe(place);
    expect(find(first)).toBe(-1);
    expect(table.inFlight(place), 'the newcomer begins with nothing').toBe(0);
  });

  it('gives one point a turn, to a maximum, and takes half for a refusal', () => {
    const { table, arrive } = start();
    const client = ipv4(7);
    const place = arrive(client);
    for (let i = 0; i < 100; i++) table.earn(place);
    expect(table.standing(place)).toBe(1);
    for (let turn = 1; turn < 2 * CLIENT_STANDING_MAX; turn++) {
      arrive(client, turn * TURN_MS);
      table.earn(place);
    }
    expect(table.standing(place)).toBe(CLIENT_STANDING_MAX);
    table.forfeit(place);
    expect(table.standing(place)).toBe(CLIENT_STANDING_MAX / 2);
  });

  it('halves standing with every half hour of absence', () => {
    const { table, arrive } = start();
    const client = ipv4(7);
    const place = arrive(client);
    for (let turn = 0; turn < 16; turn++) table.earn(arrive(client, turn * TURN_MS));
    arrive(client, 15 * TURN_MS + 1_800_000);
    expect(table.standing(place)).toBe(8);
    arrive(client, 15 * TURN_MS + 1_800_000 + 86_400_000);
    expect(table.standing(place)).toBe(0);
  });

  it('counts requests and resets over about one turn', () => {
    const { table, arrive } = start();
    const [one, other] = [ipv4(1), ipv4(2)];
    const place = arrive(one, 0);
    for (let i = 0; i < 3; i++) arrive(other, 0);
    expect(table.share(place, 0)).toBeCloseTo(0.25);
    expect(table.fairShare).toBe(0.5);
    for (let i = 0; i < 8; i++) table.reset(place);
    expect(table.resets(place, TURN_MS / 2)).toBe(8);
    arrive(one, 1.5 * TURN_MS);
    expect(table.resets(place, 1.5 * TURN_MS), 'half of the turn before still counts').toBe(4);
    expect(table.share(place, 1.5 * TURN_MS)).toBeCloseTo(1.5 / 3);
    arrive(one, 3 * TURN_MS);
    expect(table.resets(place, 3 * TURN_MS)).toBe(0);
    arrive(one, 100 * TURN_MS);
    expect(table.share(place, 100 * TURN_MS)).toBe(1);
    expect(table.fairShare).toBe(1);
  });
});
