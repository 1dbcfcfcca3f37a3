// No spelling that a server maps to a guarded route escapes the views: small models of how four servers read a path.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldPath, readPath } from '../../src/http/path.ts';

const GUARDED = '/admin/users';

type Server = (forwarded: string) => string | undefined;

const decodeOnce = (path: string): string =>
  path.replace(/%([0-9a-fA-F]{2})/g, (_escape, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

/** Dot segments after decoding; undefined where the server answers 400 for climbing out. */
function resolve(path: string): string | undefined {
  const kept: string[] = [];
  const segments = path.split('/').slice(1);
  for (const [index, segment] of segments.entries()) {
    if (segment === '..' && kept.pop() === undefined) return undefined;
    if (segment !== '.' && segment !== '..') kept.push(segment);
    else if (index === segments.length - 1) kept.push('');
  }
  return `/${kept.join('/')}`;
}

const withoutFinalSlash = (path: string): string => (path.length > 1 ? path.replace(/\/$/, '') : path);

/** Each gives the path its routes are compared with, in the form in which GUARDED would be equal. */
const SERVERS: Record<string, Server> = {
  // Routes are case-insensitive regular expressions over the undecoded path; a final slash is optional.
  express: (path) => withoutFinalSlash(path).toLowerCase(),
  // Express behind a router that builds a URL first, as frameworks on fetch do.
  fetch: (path) => new URL(path, 'http://service.internal').pathname,
  // Decodes everything, merges slashes, resolves dot segments.
  nginx: (path) => resolve(decodeOnce(path).replace(/\/{2,}/g, '/')),
  // Drops parameters before decoding; backslashes and %2F are separators with the lenient settings.
  tomcat: (path) =>
    resolve(
      decodeOnce(path.replace(/;[^/]*/g, ''))
        .replaceAll('\\', '/')
        .replace(/\/{2,}/g, '/'),
    ),
  // PATH_INFO is the decoded path as it is.
  wsgi: (path) => decodeOnce(path),
  // Behind one more proxy that decodes.
  wsgiTwice: (path) => decodeOnce(decodeOnce(path)),
  // A case-insensitive file system below nginx, with backslashes.
  windows: (path) =>
    resolve(
      decodeOnce(path)
        .replaceAll('\\', '/')
        .replace(/\/{2,}/g, '/'),
    )?.toLowerCase(),
};

/** Ways to write one byte of the guarded path, and noise that some server ignores. */
const spelling = fc
  .tuple(
    ...[...GUARDED].map((byte) => {
      const hex = byte.charCodeAt(0).toString(16);
      const forms =
        byte === '/'
          ? [
              '/',
              '//',
              '/./',
              '%2f',
              '%2F',
              '\\',
              '%5c',
              '/x/../',
              ';p=1/',
              '/;/',
              '/x/..;/',
              '/x/..%2f',
              '/.%2e/',
              '%252f',
              '/x/..%5c',
            ]
          : [byte, byte.toUpperCase(), `%${hex}`, `%${hex.toUpperCase()}`, `%25${hex}`];
      return fc.oneof(
        { weight: 6, arbitrary: fc.constant(byte) },
        { weight: 4, arbitrary: fc.constantFrom(...forms) },
      );
    }),
    fc.constantFrom('', '', '/', ';x', '%3bx', '/.', '/x/..', '%2f', '%00', '%', '\\'),
  )
  .map((parts) => parts.join(''));

const options = fc.record({ keepDoubleSlashes: fc.boolean() });

describe.each(Object.entries(SERVERS))('%s', (_name, server) => {
  it('maps no accepted spelling to a guarded route that no view matches', () => {
    let mapped = 0;
    fc.assert(
      fc.property(spelling, options, (raw, chosen) => {
        const reading = readPath(raw, chosen);
        if (!reading.ok || server(reading.forwarded) !== GUARDED) return;
        mapped++;
        const guarded = foldPath(GUARDED);
        expect(
          reading.views.map((view) => withoutFinalSlash(view).toLowerCase()),
          raw,
        ).toContain(guarded);
      }),
      { numRuns: 3_000 },
    );
    expect(mapped).toBeGreaterThan(0);
  });
});

it('reads the canonical path as it reads the raw one', () => {
  fc.assert(
    fc.property(spelling, options, (raw, chosen) => {
      const reading = readPath(raw, chosen);
      if (reading.ok) expect(readPath(reading.path, chosen)).toEqual(reading);
    }),
    { numRuns: 3_000 },
  );
});

it('never throws, and forwards no control byte or dot segment', () => {
  const byte = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code));
  const unit = fc.oneof(byte, fc.constantFrom('/', '%', '.', ';', '\\', '%2e', '%25', '%c3%a9'));
  fc.assert(
    fc.property(fc.string({ unit }), options, (tail, chosen) => {
      const reading = readPath(`/${tail}`, chosen);
      if (!reading.ok) return;
      expect(reading.forwarded).toMatch(/^\/[\x21-\x7e]*$/);
      expect(reading.forwarded.split('/')).not.toContain('..');
      for (const view of reading.views) expect(view.startsWith('/')).toBe(true);
    }),
    { numRuns: 3_000 },
  );
});
