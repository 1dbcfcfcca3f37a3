import { describe, expect, it } from 'vitest';
import { readResponseHead } from '../../../src/proxy/response-head.ts';

describe('readResponseHead', () => {
  it('reads length, kind and what to forward', () => {
    const fields = [
      'content-type',
      'Text/Event-Stream',
      'content-length',
      '5',
      'keep-alive',
      'x',
      'date',
      'd',
    ];
    expect(readResponseHead('GET', 200, fields, false)).toEqual({
      status: 200,
      received: fields,
      forwarded: ['content-type', 'Text/Event-Stream', 'date', 'd'],
      length: 5,
      bodyless: false,
      eventStream: true,
      trailers: [],
    });
  });

  it('reads the trailers a chunked body announces', () => {
    const chunked = ['trailer', 'x-a, content-length', 'transfer-encoding', 'chunked', 'trailer', 'x-b'];
    expect(readResponseHead('GET', 200, chunked, false)).toMatchObject({
      trailers: ['x-a', 'x-b'],
      forwarded: [],
    });
    expect(readResponseHead('HEAD', 200, chunked, false)?.trailers).toEqual([]);
    expect(readResponseHead('GET', 200, ['trailer', 'x-a', 'content-length', '1'], false)?.trailers).toEqual(
      [],
    );
  });

  it.each([
    ['HEAD', 200, true],
    ['GET', 204, true],
    ['GET', 304, true],
    ['GET', 205, false],
  ])('%s with %i is bodyless: %s', (method, status, bodyless) => {
    expect(readResponseHead(method, status, [], false)?.bodyless).toBe(bodyless);
  });

  it.each([
    [['content-length', '5', 'content-length', '6']],
    [['content-length', '5, 5']],
    [['content-length', '-1']],
    [['content-length', '']],
    [['content-length', '5', 'transfer-encoding', 'chunked']],
  ])('refuses contradictory framing %j', (fields) => {
    expect(readResponseHead('GET', 200, fields, false)).toBeNull();
  });

  it('drops what the connection names, and validators of a masked body', () => {
    const fields = ['connection', 'close, X-Hop', 'x-hop', '1', 'etag', '"a"', 'x-b', '2'];
    expect(readResponseHead('GET', 200, fields, true)?.forwarded).toEqual(['x-b', '2']);
    expect(readResponseHead('GET', 200, fields, false)?.forwarded).toEqual(['etag', '"a"', 'x-b', '2']);
  });
});
