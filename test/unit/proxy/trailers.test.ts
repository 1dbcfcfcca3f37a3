import { describe, expect, it } from 'vitest';
import { ANSWER_TRAILER_BYTES_MAX, ANSWER_TRAILERS_MAX } from '../../../src/core/limits.ts';
import { announcedTrailers, keepTrailers } from '../../../src/proxy/trailers.ts';

const names = (count: number): string[] => Array.from({ length: count }, (_, at) => `x-${at}`);

describe('announcedTrailers', () => {
  it('reads a list', () => {
    expect(announcedTrailers(' Grpc-Status,grpc-message , ,Server-Timing,grpc-status')).toEqual([
      'grpc-status',
      'grpc-message',
      'server-timing',
    ]);
  });

  it.each([
    'transfer-encoding',
    'content-length',
    'content-type',
    'connection',
    'te',
    'trailer',
    'host',
    'authorization',
    'set-cookie',
    'cache-control',
    'location',
    'www-authenticate',
    'access-control-allow-origin',
    'sec-websocket-accept',
    'x_y',
    'x y',
    '',
  ])('leaves %j out', (name) => {
    expect(announcedTrailers(`a,${name}`)).toEqual(['a']);
  });

  it('takes a list that is too long for none', () => {
    expect(announcedTrailers(names(ANSWER_TRAILERS_MAX).join())).toHaveLength(ANSWER_TRAILERS_MAX);
    expect(announcedTrailers(names(ANSWER_TRAILERS_MAX + 1).join())).toEqual([]);
  });
});

describe('keepTrailers', () => {
  it('keeps what was announced', () => {
    expect(keepTrailers(['a', '1', 'b', '2', 'a', '3'], ['a'])).toEqual(['a', '1', 'a', '3']);
    expect(keepTrailers(['a', '1'], [])).toEqual([]);
  });

  it('keeps none of too many or too long ones', () => {
    const lines = (count: number): string[] => Array.from({ length: count }, () => ['a', '']).flat();
    expect(keepTrailers(lines(ANSWER_TRAILERS_MAX), ['a'])).toHaveLength(2 * ANSWER_TRAILERS_MAX);
    expect(keepTrailers(lines(ANSWER_TRAILERS_MAX + 1), ['a'])).toEqual([]);
    expect(keepTrailers(['a', 'v'.repeat(ANSWER_TRAILER_BYTES_MAX - 1)], ['a'])).toHaveLength(2);
    expect(keepTrailers(['a', 'v'.repeat(ANSWER_TRAILER_BYTES_MAX)], ['a'])).toEqual([]);
  });
});
