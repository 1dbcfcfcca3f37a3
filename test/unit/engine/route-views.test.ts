/** On which routes the readings of a path fall: what permits needs all of them, what restricts any. */
import { describe, expect, it } from 'vitest';
import { begin, engineFor } from '../../support/transaction-of.ts';

const ROUTES = `
route wild    = ANY "/**"
route page    = ANY "/{page}"
route file    = ANY "/files/{name}"
route public  = ANY "/files/public"
route slashed = ANY "/docs/"
route list    = GET "/things"
`;

function verdictOf(rules: string, method: string, target: string): string {
  const transaction = begin(engineFor(rules), { method, target });
  const { action } = transaction.verdict;
  transaction.close();
  return action;
}

/** Verdict under `default deny` when only these routes are allowed. */
function allowed(routes: string, target: string, method = 'GET'): string {
  const policy = 'policy "p" { mode enforce default deny -> block 403 }';
  return verdictOf(`${policy}${ROUTES}rule t.allow "x" { on ${routes} then allow }`, method, target);
}

/** Verdict when these routes are refused. */
function restricted(routes: string, target: string, method = 'GET'): string {
  return verdictOf(
    `${ROUTES}rule t.block "x" { on ${routes} severity error then block 403 }`,
    method,
    target,
  );
}

describe('a rule that permits', () => {
  it.each([
    ['public', '/files/public', 'pass'],
    // A server that minds letter case reads a file of that name.
    ['public', '/files/PUBLIC', 'block'],
    ['public', '/files;v=1/PUBLIC', 'block'],
    ['public, wild', '/files;v=1/PUBLIC', 'block'],
    ['public, file, wild', '/files;v=1/PUBLIC', 'pass'],
    // Express and others ignore a final slash.
    ['wild', '/files/public/', 'block'],
    ['wild', '/things/', 'block'],
    ['wild, page', '/things/more/', 'pass'],
    ['slashed', '/docs/', 'pass'],
    ['page', '/docs', 'block'],
    ['wild', '/files/', 'block'],
    ['page', '/', 'block'],
    ['wild', '/', 'pass'],
    // Windows drops dots and spaces at the end of names.
    ['file', '/files/public.', 'block'],
    ['file', '/files/public%20', 'block'],
    ['file', '/files/public%2520', 'block'],
    ['file', '/files/other.', 'pass'],
  ])('for %s, %s', (routes, target, verdict) => {
    expect(allowed(routes, target)).toBe(verdict);
  });

  it('takes HEAD for GET too, and GET for nothing else', () => {
    expect(allowed('page', '/things', 'HEAD')).toBe('block');
    expect(allowed('page, list', '/things', 'HEAD')).toBe('pass');
    expect(allowed('list', '/things', 'HEAD')).toBe('block');
    expect(allowed('page', '/things', 'POST')).toBe('pass');
  });
});

describe('a rule that restricts', () => {
  it.each([
    ['public', '/files/public/', 'block'],
    ['public', '/files/PUBLIC/', 'block'],
    ['public', '/files/public.%20', 'block'],
    ['slashed', '/docs', 'block'],
    ['file', '/files/public', 'pass'],
    ['file', '/files/PUBLIC', 'block'],
    ['file', '/files/', 'pass'],
  ])('%s, %s', (routes, target, verdict) => {
    expect(restricted(routes, target)).toBe(verdict);
  });

  it('holds for HEAD what holds for GET', () => {
    expect(restricted('list', '/things', 'HEAD')).toBe('block');
    expect(restricted('list', '/things', 'POST')).toBe('pass');
  });
});
