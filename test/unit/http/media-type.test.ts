// Content-type values, sound and odd.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MEDIA_TYPE_PARAMETERS_MAX } from '../../../src/core/limits.ts';
import { parseMediaType } from '../../../src/http/media-type.ts';

const read = (value: string): unknown => {
  const type = parseMediaType(value);
  return type && { ...type, parameters: Object.fromEntries(type.parameters) };
};
const sound = { duplicates: false, malformed: false };

describe('parseMediaType', () => {
  it.each([
    ['text/html', { essence: 'text/html', parameters: {}, ...sound }],
    [' Application/JSON ', { essence: 'application/json', parameters: {}, ...sound }],
    ['text/html;Charset=UTF-8', { essence: 'text/html', parameters: { charset: 'UTF-8' }, ...sound }],
    ['a/b ; x=1 ;\ty=2', { essence: 'a/b', parameters: { x: '1', y: '2' }, ...sound }],
    ['a/b;', { essence: 'a/b', parameters: {}, ...sound }],
    ['a/b; ; x=1;;', { essence: 'a/b', parameters: { x: '1' }, ...sound }],
    [
      'multipart/form-data; boundary="a b;\\"c"; q=1',
      { essence: 'multipart/form-data', parameters: { boundary: 'a b;"c', q: '1' }, ...sound },
    ],
    ['a/b; x=""', { essence: 'a/b', parameters: { x: '' }, ...sound }],
  ])('reads %j', (value, expected) => {
    expect(read(value)).toEqual(expected);
  });

  it('reports duplicates and keeps the first', () => {
    const expected = { essence: 'm/f', parameters: { boundary: 'a' }, duplicates: true, malformed: false };
    expect(read('m/f; boundary=a; Boundary=b')).toEqual(expected);
  });

  it.each([
    'a/b; x',
    'a/b; =1',
    'a/b; x =1',
    'a/b; x= 1',
    'a/b; x="1',
    'a/b; x="1"y',
    'a/b; x=1 y=2',
    'a/b; x=',
    'a/b, c/d; x=1 ,',
    'a/b; x=a@b',
  ])('reports %j as malformed', (value) => {
    expect(parseMediaType(value)?.malformed ?? true).toBe(true);
  });

  it.each(['', '/', 'a/', '/b', 'text', 'a/b/c', 'a b/c', 'a/b c', ';x=1', 'a/b, c/d', 'a/\xe9'])(
    'refuses %j',
    (value) => {
      expect(parseMediaType(value)).toBeNull();
    },
  );

  it('reads no more parameters than the limit', () => {
    const some = (count: number): string =>
      `a/b${Array.from({ length: count }, (_, i) => `;p${i}=1`).join('')}`;
    expect(parseMediaType(some(MEDIA_TYPE_PARAMETERS_MAX))).toMatchObject({ malformed: false });
    const over = parseMediaType(some(MEDIA_TYPE_PARAMETERS_MAX + 1))!;
    expect(over.malformed).toBe(true);
    expect(over.parameters.size).toBe(MEDIA_TYPE_PARAMETERS_MAX);
  });

  it('never throws', () => {
    const piece = fc.constantFrom('a', '/', ';', '=', '"', '\\', ' ', ',', 'x=1', '\0');
    fc.assert(
      fc.property(
        fc.array(piece).map((p) => p.join('')),
        (value) => void parseMediaType(value),
      ),
    );
  });
});
