/** What the guard asks of requests in HTTP/2 alone. The strict listener's library asks most of it before; others may not. */
import { describe, expect, it } from 'vitest';
import type { RawRequest } from '../../../../src/http/guard/raw-request.ts';
import { RequestGuard } from '../../../../src/http/guard/request-guard.ts';
import { guardOptions } from '../../../support/ward.ts';

const guard = new RequestGuard(guardOptions());
const check = (changes: Partial<RawRequest>, ...more: string[]): ReturnType<RequestGuard['check']> =>
  guard.check({
    method: 'GET',
    target: '/a',
    version: '2',
    scheme: 'https',
    fields: ['host', 's.example', ...more],
    peer: '198.51.100.7',
    peerPort: undefined,
    proxied: '',
    authority: 's.example',
    targetScheme: 'https',
    unsizedBody: false,
    ...changes,
  });

describe('RequestGuard and HTTP/2', () => {
  it.each<[string, Partial<RawRequest>, string[], string]>([
    ['an absolute path', { target: 'https://s.example/a' }, [], 'target.malformed'],
    ['another host than its authority', { authority: 'other.example' }, [], 'host.mismatch'],
    ['an authority that is no host', { authority: 'u@s.example' }, [], 'host.mismatch'],
    ['an empty authority', { authority: '' }, [], 'host.mismatch'],
    ['another scheme', { targetScheme: 'ftp' }, [], 'target.scheme'],
    ['connection', {}, ['connection', 'close'], 'field.connection_specific'],
    ['keep-alive', {}, ['keep-alive', 'x'], 'field.connection_specific'],
    ['proxy-connection', {}, ['proxy-connection', 'x'], 'field.connection_specific'],
    ['transfer-encoding', {}, ['transfer-encoding', 'chunked'], 'field.connection_specific'],
    ['upgrade', {}, ['upgrade', 'websocket'], 'field.connection_specific'],
    ['http2-settings', {}, ['http2-settings', 'x'], 'field.connection_specific'],
    ['te that is not trailers', {}, ['te', 'gzip'], 'field.connection_specific'],
    ['an upper-case pseudo field as a field', {}, [':path', '/b'], 'field.name'],
  ])('refuses %s', (_what, changes, fields, reason) => {
    expect(check(changes, ...fields).refusal).toBe(reason);
  });

  it('takes te: trailers, an authority in other letters, the scheme of another hop', () => {
    expect(check({}, 'te', 'trailers').refusal).toBeNull();
    expect(check({ authority: 'S.Example' }).refusal).toBeNull();
    expect(check({ scheme: 'http', targetScheme: 'HTTPS' })).toMatchObject({ head: { scheme: 'http' } });
    expect(check({ authority: undefined, targetScheme: undefined }).refusal).toBeNull();
  });

  it('knows a body without a length', () => {
    expect(check({ unsizedBody: true })).toMatchObject({ chunked: true, head: { hasBody: true } });
    expect(check({}, 'content-length', '3')).toMatchObject({
      chunked: false,
      head: { hasBody: true, contentLength: 3 },
    });
    expect(check({})).toMatchObject({ chunked: false, head: { hasBody: false } });
  });

  it('asks none of it of HTTP/1.1', () => {
    expect(
      check({ version: '1.1', authority: undefined }, 'te', 'gzip', 'connection', 'close').refusal,
    ).toBeNull();
    expect(check({ version: '1.1', authority: undefined, target: 'http://s.example/a' }).refusal).toBeNull();
  });
});
