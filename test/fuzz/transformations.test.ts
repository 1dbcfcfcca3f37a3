/** Every transformation on mutated texts: it ends, gives a value of its kind, and gives the same one twice. */
import { expect, test } from 'vitest';
import { TRANSFORMATIONS } from '../../src/http/transform/registry.ts';
import { FUZZ_SEED, fuzzRuns, mutate, randomOf } from '../support/fuzz.ts';

const SEED_TEXTS = [
  '%2e%2e%2fetc%252fpasswd\0+%u0041',
  '&lt;script&gt;&#x41;&#1114112;&colon;',
  '\\x41\\u00e9\\u{10ffff}\\101/* c */ -- d\n# e \' or "1"=1',
  'aHR0cDovL3VzZXJAW2ZlODA6OjFdOjgwLw== http://u@[fe80::1]:80/../a//b/./c\\d',
  '\xef\xbc\x9c\xc3\xa9\xcc\x81\xed\xa0\x80\xf4\x8f\xbf\xbf\xff 4111 1111 1111 1111 127.1 0x7f000001',
];
const TOKENS = [
  '%',
  '%u',
  '&#',
  '&#x',
  ';',
  '\\',
  '\\u',
  '/*',
  '*/',
  '<!--',
  '..',
  '/',
  '@',
  '[',
  ']',
  '::',
  '=',
  '\0',
  '\xff',
  '\xc0\xaf',
  '\xcc\x81',
  '  ',
];

test.each([...TRANSFORMATIONS])(`%s, seed ${FUZZ_SEED}`, (name, transformation) => {
  const random = randomOf(FUZZ_SEED);
  const bound = transformation.examples.map(
    ({ args = [] }) => transformation.bind(args) as (value: unknown) => unknown,
  );
  const inputs = transformation.examples.map(({ input }) => input);
  for (let run = 0; run < fuzzRuns(400); run++) {
    const apply = bound[run % bound.length];
    const seed = inputs[run % inputs.length];
    const own = typeof seed === 'string' && random(3) === 0 ? seed : SEED_TEXTS[random(SEED_TEXTS.length)];
    const input = typeof seed === 'string' ? mutate(own, TOKENS, random, 6) : seed;
    const first = apply(input);
    if (transformation.kind === 'text') {
      expect(typeof first, name).toBe('string');
      expect(/^[\x00-\xff]*$/.test(first as string), `${name} leaves latin1`).toBe(true);
    }
    expect(apply(input), name).toEqual(first);
  }
});
