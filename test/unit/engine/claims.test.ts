// Claims of a token as rules read them.
import { describe, expect, it } from 'vitest';
import { claimAt, scopesOf } from '../../../src/engine/claims.ts';
import type { RequestFacts } from '../../../src/engine/api.ts';
import { begin, engineFor } from '../../support/transaction-of.ts';

function blocks(when: string, claims: RequestFacts['claims']): boolean {
  const engine = engineFor(`
list groups : String = ["ops", "admin"]
shape Token { sub: string(1..32) }
rule t.a "x" { severity critical when ${when} then block 403 }`);
  const transaction = begin(engine, { claims });
  const { action } = transaction.verdict;
  transaction.close();
  return action === 'block';
}

const CLAIMS = {
  sub: 'anna',
  tier: 'gold',
  level: 3,
  admin: true,
  nothing: null,
  roles: ['reader', 'ops'],
  org: { name: 'acme' },
  scope: 'orders:read orders:write',
};

describe('claims', () => {
  it.each([
    'jwt.valid',
    'jwt.claims.tier == "gold"',
    'jwt.claims.level > 2',
    'jwt.claims.admin == true',
    'jwt.claims.org.name == "acme"',
    'jwt.claims.roles[1] == "ops"',
    'exists(jwt.claims.nothing)',
    'exists(jwt.claims.org)',
    'jwt.claims.tier |> text |> upper == "GOLD"',
    'any jwt.claims.roles[*] in groups',
    'any jwt.scopes == "orders:write"',
    'any jwt.scopes |> drop_prefix("orders:") == "read"',
    'all jwt.scopes starts_with "orders:"',
    'count(jwt.scopes) == 2',
  ])('are read: %s', (when) => {
    expect(blocks(when, CLAIMS)).toBe(true);
    expect(blocks(`not (${when})`, CLAIMS)).toBe(false);
  });

  it.each([
    'jwt.valid',
    'jwt.claims.tier == "gold"',
    'exists(jwt.claims.tier)',
    'any jwt.scopes == "orders:write"',
    'any jwt.claims.roles[*] == "ops"',
    'count(jwt.scopes) > 0',
  ])('are absent without a token: %s', (when) => {
    expect(blocks(when, undefined)).toBe(false);
    expect(blocks(`not (${when})`, undefined)).toBe(true);
  });

  it('have no members a prototype gives them', () => {
    expect(claimAt({}, ['constructor', 'name'])).toBeUndefined();
    expect(claimAt({ roles: ['a'] }, ['roles', 'length'])).toBeUndefined();
    expect(claimAt({ roles: { 0: 'a' } }, ['roles', 0])).toBeUndefined();
    expect(scopesOf(JSON.parse('{"__proto__":{"scope":"a"}}') as object as Record<string, unknown>)).toEqual(
      [],
    );
  });

  it('fit a shape or do not', () => {
    expect(blocks('jwt.claims is Token', CLAIMS)).toBe(true);
    expect(blocks('not jwt.claims is Token', { sub: 7 })).toBe(true);
  });
});

describe('scopes', () => {
  it.each([
    [{ scope: 'a b' }, ['a', 'b']],
    [{ scope: ' a  b ' }, ['a', 'b']],
    [{ scp: ['a', 'b', 3] }, ['a', 'b']],
    [{ scp: 'a b' }, ['a', 'b']],
    [{ scope: 'a', scp: ['b'] }, ['a']],
    [{ scope: 7 }, []],
    [{}, []],
  ])('are read from %j', (claims, scopes) => {
    expect(scopesOf(claims)).toEqual(scopes);
  });
});
