import { describe, expect, it } from 'vitest';
import { searchForAny } from '../../../src/matcher/literal-search.ts';

describe('a search for any of many literals', () => {
  it('finds each, in any case, anywhere', () => {
    const has = searchForAny(['select', '\\x', '.*', '\xe9t']);
    for (const text of ['SELECT', 'a SeLeCt b', '..\\X', 'a.*', '\xe9T\xff']) expect(has(text)).toBe(true);
    for (const text of ['', 'selec', 'x', '*.', '\xc9t', '\0']) expect(has(text)).toBe(false);
  });

  it('finds nothing when there is nothing to find', () => {
    expect(searchForAny([])('anything')).toBe(false);
  });

  it('agrees with one search per literal', () => {
    const literals = Array.from({ length: 50 }, (_, i) => `${(i * 7).toString(36)}-${'"('[i % 2]}`);
    const has = searchForAny(literals);
    for (let i = 0; i < 400; i++) {
      const text = `${(i * 31).toString(36)}-${'"(x'[i % 3]}`;
      expect(has(text)).toBe(literals.some((literal) => text.includes(literal)));
    }
  });

  it('takes as many literals as a regex may need', () => {
    // EXACT_MAX literals of RUN_BYTES_MAX bytes (literals.ts), with nothing in common.
    let state = 1;
    const letter = () => {
      state = (state * 48_271) % 0x7fff_ffff;
      return String.fromCharCode(0x61 + (state % 26));
    };
    const literals = Array.from({ length: 2_000 }, () => Array.from({ length: 64 }, letter).join(''));
    const has = searchForAny(literals);
    expect(has(`x${literals[1_999]}`)).toBe(true);
    expect(has(literals[1_999].slice(1))).toBe(false);
  });
});
