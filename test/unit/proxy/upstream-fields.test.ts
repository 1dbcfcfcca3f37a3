import { describe, expect, it } from 'vitest';
import { parseIp } from '../../../src/http/address.ts';
import type { RequestHead } from '../../../src/http/request-head.ts';
import { narrow, UpstreamFields, type UpstreamFieldsOptions } from '../../../src/proxy/upstream-fields.ts';

const head = (fields: string[], peer = '203.0.113.9') =>
  ({
    id: 'id-1',
    host: 's.example',
    scheme: 'https',
    fields,
    client: { ip: parseIp(peer)!, peer: parseIp(peer)!, port: undefined },
  }) as unknown as RequestHead;
const build = (
  fields: string[],
  options: Partial<UpstreamFieldsOptions> = {},
  trusted = false,
  peer?: string,
  acceptEncoding?: string,
) => {
  const policy = new UpstreamFields({ write: 'none', passFromAnyone: [], passOddNames: [], ...options });
  const built = policy.build(head(fields, peer), trusted, acceptEncoding);
  return Array.from({ length: built.length / 2 }, (_, i) => `${built[2 * i]}: ${built[2 * i + 1]}`);
};

describe('UpstreamFields', () => {
  it('writes host and request id and keeps the rest in order', () => {
    expect(build(['host', 'X', 'a', '1', 'b', '2', 'a', '3', 'x-request-id', 'forged'])).toEqual([
      'host: s.example',
      'a: 1',
      'b: 2',
      'a: 3',
      'x-request-id: id-1',
    ]);
  });

  it('writes both families of fields, with IPv6 quoted in the standard one', () => {
    expect(build([], { write: 'both' }, false, '2001:db8::1')).toEqual([
      'host: s.example',
      'x-request-id: id-1',
      'x-forwarded-for: 2001:db8::1',
      'x-forwarded-proto: https',
      'x-forwarded-host: s.example',
      'forwarded: for="[2001:db8::1]";host="s.example";proto=https',
    ]);
  });

  it('lets nobody write a field that is its own, not even a trusted peer or under a name servers fold into it', () => {
    const forged = ['x-user', 'root', 'x_user', 'root', 'x_team', 'a'];
    const options = { owned: ['x-user'], passFromAnyone: ['x-user'], passOddNames: ['x_user', 'x_team'] };
    expect(build(forged, options, true)).toEqual(['host: s.example', 'x_team: a', 'x-request-id: id-1']);
    const own = new UpstreamFields({ write: 'none', ...options }).build(head(forged), true, undefined, [
      'x-user',
      'u',
    ]);
    expect(own.slice(-2)).toEqual(['x-user', 'u']);
  });

  it('never passes a field Ward writes beside its own, not even when opted in', () => {
    const fields = build(['x-forwarded-for', '1.1.1.1'], {
      write: 'x-forwarded',
      passFromAnyone: ['x-forwarded-for'],
    });
    expect(fields.filter((field) => field.startsWith('x-forwarded-for'))).toEqual([
      'x-forwarded-for: 203.0.113.9',
    ]);
  });

  it('joins the lines of a trusted chain', () => {
    const fields = build(
      ['x-forwarded-for', '1.1.1.1', 'x-forwarded-for', '2.2.2.2'],
      { write: 'x-forwarded' },
      true,
    );
    expect(fields).toContain('x-forwarded-for: 1.1.1.1, 2.2.2.2, 203.0.113.9');
  });

  it('passes claims of trusted peers it does not write', () => {
    expect(build(['x-forwarded-for', '1.1.1.1', 'x-real-ip', '1.1.1.1'], {}, true)).toEqual([
      'host: s.example',
      'x-forwarded-for: 1.1.1.1',
      'x-real-ip: 1.1.1.1',
      'x-request-id: id-1',
    ]);
    expect(build(['x-forwarded-for', '1.1.1.1', 'x-real-ip', '1.1.1.1'])).toEqual([
      'host: s.example',
      'x-request-id: id-1',
    ]);
  });

  it('narrows accept-encoding when Ward must read the answer', () => {
    expect(build(['accept-encoding', 'gzip, zstd'], {}, false, undefined, 'gzip, br')).toContain(
      'accept-encoding: gzip',
    );
    expect(build(['accept-encoding', 'gzip, zstd'])).toContain('accept-encoding: gzip, zstd');
  });

  it.each([
    ['gzip;q=0.5, zstd, br', 'gzip, br', 'gzip;q=0.5, br'],
    ['zstd', 'gzip', 'identity'],
    ['*', 'gzip', 'identity'],
    ['GZIP', 'gzip', 'GZIP'],
    ['identity;q=0', 'gzip', 'identity;q=0'],
  ])('narrows %s to %s', (sent, readable, narrowed) => {
    expect(narrow(sent, readable)).toBe(narrowed);
  });
});
