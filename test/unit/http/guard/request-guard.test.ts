import { describe, expect, it } from 'vitest';
import { parseCidr } from '../../../../src/http/address.ts';
import type { RawRequest } from '../../../../src/http/guard/raw-request.ts';
import { REFUSAL_STATUS } from '../../../../src/http/guard/refusal.ts';
import { type Admission, type GuardOptions, RequestGuard } from '../../../../src/http/guard/request-guard.ts';
import { guardOptions } from '../../../support/ward.ts';

const raw = (changes: Partial<RawRequest> = {}): RawRequest => ({
  method: 'GET',
  target: '/a?b=c',
  version: '1.1',
  scheme: 'http',
  fields: ['host', 's.example'],
  peer: '198.51.100.7',
  peerPort: undefined,
  proxied: '',
  ...changes,
});
const guard = (changes: Partial<GuardOptions> = {}) => new RequestGuard(guardOptions(changes));
const trusted = { trustedPeers: [parseCidr('198.51.100.0/24')!, parseCidr('10.0.0.0/8')!] };
const admit = (one: RequestGuard, request: RawRequest): Admission => {
  const result = one.check(request);
  if (result.refusal !== null) throw new Error(`refused: ${result.refusal}`);
  return result;
};
const withField = (name: string, value: string) => raw({ fields: ['host', 's.example', name, value] });

describe('RequestGuard', () => {
  it('makes the head that rules and upstream share', () => {
    const { head } = admit(
      guard(),
      raw({ target: '/A/../%62?x=%zz', fields: ['host', 'S.Example:80', 'x-a', '1'] }),
    );
    expect(head).toMatchObject({
      id: 'test-1',
      target: '/A/../%62?x=%zz',
      rawPath: '/A/../%62',
      path: '/b',
      query: 'x=%zz',
      hasQuery: true,
      host: 's.example:80',
      hasBody: false,
      contentLength: undefined,
    });
    expect(head.client.ip.text).toBe('198.51.100.7');
    expect(head.fields).toEqual(['host', 'S.Example:80', 'x-a', '1']);
  });

  it('keeps the target as sent beside its origin form', () => {
    const { head } = admit(guard(), raw({ target: 'http://s.example?x=1', fields: ['host', 's.example'] }));
    expect(head).toMatchObject({ sentTarget: 'http://s.example?x=1', target: '/?x=1', rawPath: '/' });
  });

  it('tells bodies apart', () => {
    expect(admit(guard(), withField('content-length', '0')).head).toMatchObject({
      hasBody: false,
      contentLength: 0,
    });
    expect(admit(guard(), withField('content-length', '12')).head).toMatchObject({
      hasBody: true,
      contentLength: 12,
    });
    expect(admit(guard(), withField('transfer-encoding', 'chunked'))).toMatchObject({ chunked: true });
  });

  it.each([
    [{ method: 'get' }, 'method.malformed'],
    [{ method: '' }, 'method.malformed'],
    [{ method: 'G T' }, 'method.malformed'],
    [{ method: 'TRACE' }, 'method.refused'],
    [{ target: '*', method: 'OPTIONS' }, 'target.malformed'],
    [{ target: '' }, 'target.malformed'],
    [{ target: '/\xe9' }, 'target.malformed'],
    [{ target: `/${'a'.repeat(9_000)}` }, 'target.too_long'],
    [{ target: 'http://other.example/' }, 'host.mismatch'],
    [{ fields: [] }, 'host.missing'],
    [{ version: '1.0', fields: ['host', 'a', 'transfer-encoding', 'chunked'] }, 'framing.transfer_encoding'],
    [{ peer: '' }, 'peer.unknown'],
    [{ proxied: '9.9.9.9' }, 'peer.proxy_protocol'],
    [{ fields: ['host', 'a', '', 'v'] }, 'field.name'],
    [{ fields: ['host', 'a', 'x a', 'v'] }, 'field.name'],
    [{ fields: ['host', 'a', 'x', 'a\nb'] }, 'field.control_byte'],
    [{ fields: ['host', 'a', 'x', 'a\x7fb'] }, 'field.control_byte'],
    [{ fields: ['host', 'a', 'x', '\xc3'] }, 'field.charset'],
    [{ fields: ['host', 'a', 'x', '\xef\xbf\xbd'] }, 'field.charset'],
    [{ fields: ['host', 'a', 'user-agent', 'a', 'user-agent', 'a'] }, 'field.repeated'],
    [{ fields: ['host', 'a', 'connection', 'cookie'] }, 'connection.nomination'],
  ] as const)('refuses %j as %s', (changes, reason) => {
    expect(guard().check(raw(changes as Partial<RawRequest>)).refusal).toBe(reason);
    expect(REFUSAL_STATUS[reason]).toBeGreaterThanOrEqual(400);
  });

  it.each([
    ['countMax', { countMax: 2 }, ['host', 'a', 'b', '1', 'c', '2']],
    ['nameBytesMax', { nameBytesMax: 8 }, ['host', 'a', 'x-too-long', '1']],
    ['valueBytesMax', { valueBytesMax: 8 }, ['host', 'a', 'x', '123456789']],
    ['headBytesMax', { headBytesMax: 32 }, ['host', 'a', 'x', '12345678', 'y', '12345678']],
  ])('holds the limit %s', (_limit, limits, fields) => {
    expect(guard(limits).check(raw({ fields })).refusal).toBe('head.too_large');
    expect(guard().check(raw({ fields })).refusal).toBeNull();
  });

  it('lets several connection options of this hop stand', () => {
    expect(admit(guard(), withField('connection', 'keep-alive, TE')).upgrade).toBeUndefined();
    const upgrade = raw({
      fields: ['host', 'a', 'connection', 'keep-alive, Upgrade', 'upgrade', 'websocket'],
    });
    expect(admit(guard(), upgrade).upgrade).toBe('websocket');
  });

  it('keeps the request id of a trusted peer only, and only a plain one', () => {
    expect(admit(guard(), withField('x-request-id', 'abc-1')).head.id).toBe('test-1');
    expect(admit(guard(trusted), withField('x-request-id', 'abc-1')).head.id).toBe('abc-1');
    expect(admit(guard(trusted), withField('x-request-id', 'a b')).head.id).toBe('test-1');
    expect(admit(guard(trusted), withField('x-request-id', 'a'.repeat(65))).head.id).toBe('test-1');
  });

  it.each([
    ['x-forwarded-for', '203.0.113.9', '203.0.113.9'],
    ['x-forwarded-for', '1.1.1.1, 203.0.113.9, 10.0.0.2', '203.0.113.9'],
    ['x-forwarded-for', '10.0.0.1, 10.0.0.2', '10.0.0.1'],
    ['x-forwarded-for', '203.0.113.9, unknown, 10.0.0.2', '10.0.0.2'],
    ['x-forwarded-for', 'evil', '198.51.100.7'],
    ['forwarded', 'for=203.0.113.9;proto=https', '203.0.113.9'],
    ['forwarded', 'for=1.1.1.1, for="[2001:db8::1]:4711";by=x, for=10.1.1.1', '2001:db8::1'],
    ['forwarded', 'proto=https', '198.51.100.7'],
    ['forwarded', 'for="_hidden"', '198.51.100.7'],
    // What the client sent before its hop appended: a quote that never ends, an escape, a name within a quoted one.
    ['forwarded', 'for="x, for=203.0.113.9', '203.0.113.9'],
    ['forwarded', 'for=1.1.1.1;by="\\, for="[2001:db8::1]:4711", for=10.0.0.2', '2001:db8::1'],
    ['forwarded', 'proto=http;host="a;for=10.0.0.1";for=203.0.113.9', '203.0.113.9'],
    ['forwarded', 'proto=http;host="a\\";for=10.0.0.1";for=203.0.113.9', '203.0.113.9'],
    ['forwarded', 'for=10.0.0.1;for=203.0.113.9', '198.51.100.7'],
    ['forwarded', 'For = 203.0.113.9 ; Proto=http', '203.0.113.9'],
  ])('walks %s: %s from the right', (name, value, client) => {
    expect(admit(guard(trusted), withField(name, value)).head.client.ip.text).toBe(client);
    expect(admit(guard(), withField(name, value)).head.client.ip.text).toBe('198.51.100.7');
  });

  it('believes only the field it is told to', () => {
    const both = raw({
      fields: ['host', 'a', 'x-forwarded-for', '203.0.113.1', 'forwarded', 'for=203.0.113.2'],
    });
    const client = (clientSource: GuardOptions['clientSource']): string =>
      admit(guard({ ...trusted, clientSource }), both).head.client.ip.text;
    expect(client('auto')).toBe('203.0.113.1');
    expect(client('x-forwarded-for')).toBe('203.0.113.1');
    expect(client('forwarded')).toBe('203.0.113.2');
    expect(client('peer')).toBe('198.51.100.7');
    const other = admit(
      guard({ ...trusted, clientSource: 'x-forwarded-for' }),
      withField('forwarded', 'for=203.0.113.2'),
    );
    expect(other.head.client.ip.text).toBe('198.51.100.7');
  });

  it('refuses a chain that a trusted hop broke, where it is told to', () => {
    const strict = guard({ ...trusted, malformedChain: 'refuse' });
    expect(strict.check(withField('x-forwarded-for', 'evil, 10.0.0.2')).refusal).toBe(
      'peer.forwarding_malformed',
    );
    expect(strict.check(withField('x-forwarded-for', 'evil, 203.0.113.9')).refusal).toBeNull();
    expect(strict.check(raw()).refusal).toBeNull();
    expect(
      guard({ malformedChain: 'refuse' }).check(withField('x-forwarded-for', 'evil')).refusal,
    ).toBeNull();
  });

  it('takes an IPv4 address in IPv6 clothes for what it is', () => {
    const mapped = withField('x-forwarded-for', '::ffff:203.0.113.9');
    expect(admit(guard(trusted), mapped).head.client.ip.text).toBe('203.0.113.9');
    expect(admit(guard(trusted), raw({ peer: '::ffff:198.51.100.7' })).peerTrusted).toBe(true);
  });

  it('believes a PROXY preamble of a trusted peer, unless told not to', () => {
    const proxied = raw({ proxied: '203.0.113.9' });
    expect(admit(guard(trusted), proxied).head.client.ip.text).toBe('203.0.113.9');
    expect(guard().check(proxied).refusal).toBe('peer.proxy_protocol');
    expect(guard({ ...trusted, proxyProtocol: false }).check(proxied).refusal).toBe('peer.proxy_protocol');
  });

  it('reads a bounded part of the chain', () => {
    const chain = Array.from({ length: 100 }, (_, index) => `10.0.0.${index}`).join(',');
    expect(admit(guard(trusted), withField('x-forwarded-for', chain)).head.client.ip.text).toBe('10.0.0.68');
  });

  it('takes the proxied address of a trusted peer as the peer', () => {
    const { head, peerTrusted } = admit(guard(trusted), raw({ proxied: '203.0.113.9' }));
    expect(head.client.peer.text).toBe('203.0.113.9');
    expect(peerTrusted).toBe(false);
  });

  it('forgets peers when it knows too many', () => {
    const one = guard();
    for (let i = 0; i < 3_000; i++) admit(one, raw({ peer: `10.1.${i >> 8}.${i & 255}` }));
    expect(admit(one, raw()).head.client.peer.text).toBe('198.51.100.7');
  });
});
