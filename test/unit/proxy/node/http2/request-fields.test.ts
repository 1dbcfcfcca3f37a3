import { describe, expect, it } from 'vitest';
import { readBlock } from '../../../../../src/proxy/node/http2/request-fields.ts';

const GET = [':method', 'GET', ':scheme', 'https', ':authority', 'S.example', ':path', '/a?b'];

describe('readBlock', () => {
  it('makes method, target and host of the pseudo fields', () => {
    expect(readBlock([...GET, 'x', 'y'])).toEqual({
      method: 'GET',
      target: '/a?b',
      fields: ['host', 'S.example', 'x', 'y'],
      authority: 'S.example',
      scheme: 'https',
      length: undefined,
      expectsContinue: false,
      bytes: 52,
    });
  });

  it('leaves a host of its own where it stands', () => {
    expect(readBlock([...GET, 'x', 'y', 'host', 'other'])).toMatchObject({
      fields: ['x', 'y', 'host', 'other'],
      authority: 'S.example',
    });
    expect(readBlock([':method', 'GET', ':path', '/', 'host', 'a'])).toMatchObject({
      fields: ['host', 'a'],
      authority: undefined,
    });
    expect(readBlock([':method', 'GET', ':path', '/']).fields).toEqual([]);
  });

  it('joins the crumbs of a cookie where the first stands', () => {
    const lines = ['cookie', 'a=1', 'x', 'y', 'cookie', 'b=2', 'cookie', 'c'];
    expect(readBlock([':path', '/', ...lines]).fields).toEqual(['cookie', 'a=1; b=2; c', 'x', 'y']);
  });

  it('reads what announces a body', () => {
    expect(readBlock(['content-length', '5', 'expect', '100-Continue'])).toMatchObject({
      length: '5',
      expectsContinue: true,
      fields: ['content-length', '5', 'expect', '100-Continue'],
    });
    expect(readBlock(['expect', 'more']).expectsContinue).toBe(false);
  });

  it('has the authority of CONNECT as its target, as HTTP/1.1 does', () => {
    expect(readBlock([':method', 'CONNECT', ':authority', 'a:443']).target).toBe('a:443');
    expect(readBlock([':method', 'CONNECT']).target).toBe('');
  });
});
