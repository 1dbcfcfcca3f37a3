import { describe, expect, it } from 'vitest';
import { findToken, type TokenSource, TokenStripper } from '../../../../src/identity/tokens/token-source.ts';

const BEARER: TokenSource = { kind: 'field', name: 'authorization' };
const FIELD: TokenSource = { kind: 'field', name: 'x-access-token' };
const COOKIE: TokenSource = { kind: 'cookie', name: 'session' };

describe('findToken', () => {
  it.each([
    ['missing', []],
    ['missing', ['authorization', 'Basic dTpw']],
    ['missing', ['authorization', 'Bearer']],
    ['missing', ['x-authorization', 'Bearer t']],
    ['missing', ['cookie', 'a=1; Session=t; xsession=t']],
    [{ text: 't' }, ['authorization', 'Bearer t']],
    [{ text: 't' }, ['authorization', 'bearer  t']],
    [{ text: 't' }, ['x-access-token', 't']],
    [{ text: 't' }, ['x-access-token', 'Bearer t']],
    [{ text: 't' }, ['cookie', 'a=1; session=t']],
    [{ text: 't' }, ['authorization', 'Bearer t', 'cookie', 'session=t']],
    ['ambiguous', ['authorization', 'Bearer t', 'cookie', 'session=u']],
    ['ambiguous', ['cookie', 'session=t; session=u']],
    ['ambiguous', ['cookie', 'session=t', 'cookie', 'session=u']],
    ['ambiguous', ['x-access-token', 't', 'x-access-token', 'u']],
    ['ambiguous', ['cookie', 'session=; session=u']],
  ])('is %o', (found, fields) => {
    expect(findToken(fields, [BEARER, FIELD, COOKIE])).toEqual(found);
  });

  it('looks nowhere else', () => {
    expect(findToken(['authorization', 'Bearer t'], [COOKIE])).toBe('missing');
  });
});

describe('TokenStripper', () => {
  const stripper = new TokenStripper([BEARER, FIELD, COOKIE]);

  it('takes tokens out and leaves the rest', () => {
    expect(stripper.strip('authorization', 'Bearer t')).toBeUndefined();
    expect(stripper.strip('authorization', 'Basic dTpw')).toBe('Basic dTpw');
    expect(stripper.strip('x-access-token', 't')).toBeUndefined();
    expect(stripper.strip('accept', '*/*')).toBe('*/*');
    expect(stripper.strip('cookie', 'a=1; session=t; b=2;session=u')).toBe('a=1; b=2');
    expect(stripper.strip('cookie', 'session=t')).toBeUndefined();
    expect(new TokenStripper([BEARER]).strip('cookie', 'session=t')).toBe('session=t');
  });
});
