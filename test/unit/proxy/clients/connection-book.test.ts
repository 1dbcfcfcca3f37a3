import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../../src/core/clock.ts';
import {
  CONNECTIONS_DEFAULT,
  CONNECTIONS_PER_CLIENT_DEFAULT,
  CONNECTION_CLIENTS_MAX,
  CONNECTION_TURN_MS,
} from '../../../../src/core/limits.ts';
import { parseCidr } from '../../../../src/http/address.ts';
import {
  ConnectionBook,
  type ClientConnections,
  type ConnectionLimits,
} from '../../../../src/proxy/clients/connection-book.ts';

const A = '198.51.100.1';
const B = '198.51.100.2';

function setUp(limits: Partial<ConnectionLimits> = {}, trusted: readonly string[] = []) {
  const clock = new ManualClock(1);
  const exempt = trusted.map((text) => {
    const network = parseCidr(text);
    if (network === null) throw new Error(text);
    return network;
  });
  const book = new ConnectionBook(
    {
      connectionsMax: CONNECTIONS_DEFAULT,
      connectionsPerClient: CONNECTIONS_PER_CLIENT_DEFAULT,
      ...limits,
    },
    exempt,
    clock,
  );
  return { book, clock };
}

function open(book: ConnectionBook, peer: string): ClientConnections {
  const client = book.open(peer);
  if (client === null) throw new Error(`${peer} was refused`);
  return client;
}

describe('ConnectionBook', () => {
  it('lets CONNECTIONS_DEFAULT connections in, and the next when one has ended', () => {
    const { book } = setUp({ connectionsPerClient: 0 });
    let last = open(book, A);
    for (let i = 1; i < CONNECTIONS_DEFAULT; i++) last = open(book, A);
    expect(book.open(B)).toBeNull();
    expect(book.figures).toEqual({
      connections: CONNECTIONS_DEFAULT,
      refusedConnections: 1,
      refusedPerClient: 0,
    });
    book.close(last);
    expect(book.open(B)).not.toBeNull();
  });

  it('lets CONNECTIONS_PER_CLIENT_DEFAULT of one client in, and others all the same', () => {
    const { book } = setUp();
    for (let i = 0; i < CONNECTIONS_PER_CLIENT_DEFAULT; i++) open(book, A);
    expect(book.open(A)).toBeNull();
    expect(book.open(`::ffff:${A}`)).toBeNull();
    expect(book.open(B)).not.toBeNull();
    expect(book.figures.refusedPerClient).toBe(2);
  });

  it('takes a /64 for one client', () => {
    const { book } = setUp({ connectionsPerClient: 2 });
    open(book, '2001:db8::1');
    open(book, '2001:db8::ffff:2');
    expect(book.open('2001:db8:0:0:1::3')).toBeNull();
    expect(book.open('2001:db8:0:1::1')).not.toBeNull();
  });

  it('leaves what a trusted proxy opens to the limit of the worker', () => {
    const { book } = setUp({ connectionsMax: 5, connectionsPerClient: 1 }, ['198.51.100.0/31']);
    for (let i = 0; i < 5; i++) open(book, A);
    expect(book.open(A)).toBeNull();
    expect(book.figures).toMatchObject({ refusedConnections: 1, refusedPerClient: 0 });
  });

  it('refuses nobody for connections that may have ended', () => {
    const { book } = setUp({ connectionsPerClient: 3 });
    for (let i = 0; i < 3; i++) open(book, A);
    book.closeUnknown();
    expect(book.open(A)).not.toBeNull();
    expect(book.open(A)).toBeNull();
  });

  it('learns in two turns whose connections have ended, and from then on counts exactly', () => {
    const { book, clock } = setUp({ connectionsPerClient: 3 });
    for (let i = 0; i < 3; i++) open(book, A);
    for (let i = 0; i < 3; i++) open(book, B);
    const busy = book.requestBegun(B);
    for (let i = 0; i < 5; i++) book.closeUnknown();
    expect(book.unattributed).toBe(5);
    for (let turn = 0; turn < 3; turn++) {
      clock.advance(CONNECTION_TURN_MS);
      book.close(open(book, '203.0.113.9'));
    }
    // What B has under way is all that can be left.
    expect(book.unattributed).toBe(0);
    expect(book.figures.connections).toBe(1);
    for (let i = 0; i < 2; i++) open(book, B);
    expect(book.open(B)).toBeNull();
    book.requestEnded(busy);
  });

  it('remembers nobody who has no connection', () => {
    const { book } = setUp({ connectionsMax: 2 });
    const client = open(book, A);
    const request = book.requestBegun(A);
    book.requestEnded(request);
    expect(book.clients).toBe(1);
    book.close(client);
    expect(book.clients).toBe(0);
    open(book, A);
    open(book, A);
    for (let i = 0; i < 100; i++) expect(book.open(`192.0.2.${i}`)).toBeNull();
    expect(book.clients).toBe(1);
  });

  it('counts CONNECTION_CLIENTS_MAX clients apart and holds others to the limit of the worker', () => {
    const { book } = setUp({ connectionsMax: CONNECTION_CLIENTS_MAX + 3, connectionsPerClient: 1 });
    for (let i = 0; i < CONNECTION_CLIENTS_MAX; i++)
      open(book, `10.${i >>> 16}.${(i >>> 8) & 255}.${i & 255}`);
    expect(book.open('10.0.0.1')).toBeNull();
    for (let i = 0; i < 3; i++) open(book, A);
    expect(book.clients).toBe(CONNECTION_CLIENTS_MAX);
    expect(book.open(A)).toBeNull();
  });
});
