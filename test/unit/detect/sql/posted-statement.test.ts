// Posts show code that runs queries: the first quote of a long one opens a string, a break-out closes one.
import { describe, expect, it } from 'vitest';
import { SQL_SHORT_BYTES_MAX } from '../../../../src/core/limits.ts';
import { detectSqli } from '../../../../src/detect/sql/detect-sqli.ts';

const PROSE = 'The method takes a query and returns all of its rows one after the other. ';

/** A post of at least so many bytes with the code in its middle. */
function post(code: string, bytes: number): string {
  const half = PROSE.repeat(Math.ceil(bytes / PROSE.length / 2));
  return `${half}\n\n    ${code}\n\n${half}`;
}

const long = (code: string): boolean => detectSqli(post(code, SQL_SHORT_BYTES_MAX + 1));

describe('a statement in the first string of code', () => {
  it.each([
    `$rows = $db->query('SELECT * FROM users WHERE id = ?');`,
    `$sql = "INSERT INTO users (id) VALUES (?)";`,
    `execute(\n        'UPDATE users SET name = ? WHERE id = 1')`,
    `['DELETE FROM users WHERE id = 2']`,
    `text => "DROP TABLE users"`,
    `tstring(t"SELECT * FROM users WHERE id = {id}")`,
  ])('is part of a long post: %s', (code) => {
    expect([long(code), detectSqli(code)]).toEqual([false, true]);
  });

  it.each([
    ['a quote behind a word', `users' DROP TABLE users --`],
    ['a condition', `('or 1=1--`],
    ['a union', `=' UNION SELECT password FROM users --`],
    ['a statement behind a semicolon', `('; DROP TABLE users --`],
  ])('is none with %s', (_, code) => {
    expect(detectSqli(`${PROSE.repeat(10)}${code}`)).toBe(true);
  });

  it(`is part of a post of ${SQL_SHORT_BYTES_MAX / 2} bytes in four lines`, () => {
    const code = `$db->query('SELECT * FROM users WHERE id = ?')\n\n`;
    expect(detectSqli(`${code}\n`.padEnd(SQL_SHORT_BYTES_MAX / 2))).toBe(false);
    expect(detectSqli(`${code}\n`.padEnd(SQL_SHORT_BYTES_MAX / 2 - 1))).toBe(true);
    expect(detectSqli(code.padEnd(SQL_SHORT_BYTES_MAX / 2))).toBe(true);
  });

  it(`is refused in one line of of ${SQL_SHORT_BYTES_MAX} bytes`, () => {
    const code = `$db->query('SELECT * FROM users WHERE id = ?')`;
    expect(detectSqli(code.padEnd(SQL_SHORT_BYTES_MAX, ' '))).toBe(true);
    expect(detectSqli(code.padEnd(SQL_SHORT_BYTES_MAX + 1, ' '))).toBe(false);
  });
});
