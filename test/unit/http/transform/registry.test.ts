// Runs the examples of every transformation: they are printed in the reference, so they have to be true.
import { describe, expect, it } from 'vitest';
import { ByteSet } from '../../../../src/matcher/byte-set.ts';
import { ERASED } from '../../../../src/matcher/literals.ts';
import { TRANSFORMATIONS } from '../../../../src/http/transform/registry.ts';
import { ERASED_BYTES } from '../../../../src/http/transform/transformation.ts';

const EXAMPLES_MIN = 3;

describe.each([...TRANSFORMATIONS])('%s', (name, transformation) => {
  it('is registered under its name and documented', () => {
    expect(transformation.name).toBe(name);
    expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
    expect(transformation.doc).toMatch(/^[A-Z].*\.$/s);
    expect(Object.isFrozen(transformation)).toBe(true);
  });

  it('gives what its examples say', () => {
    expect(transformation.examples.length).toBeGreaterThanOrEqual(EXAMPLES_MIN);
    for (const { input, args = [], output } of transformation.examples) {
      expect(args.length).toBe(transformation.parameters.length);
      const run = transformation.bind(args) as (value: unknown) => unknown;
      expect(run(input), JSON.stringify(input)).toEqual(output);
    }
  });
});

it('has an example that changes something for each text transformation', () => {
  for (const transformation of TRANSFORMATIONS.values()) {
    if (transformation.kind === 'text') {
      expect(
        transformation.examples.some((example) => example.input !== example.output),
        transformation.name,
      ).toBe(true);
    }
  }
});

it('marks as erasing only what the scanner can skip', () => {
  const erasing = [...TRANSFORMATIONS.values()]
    .filter((t) => t.kind === 'text' && t.erases)
    .map((t) => t.name);
  expect(erasing).toEqual([
    ...['lower', 'upper', 'trim', 'trim_left', 'trim_right', 'squeeze'],
    ...['remove_nulls', 'replace_nulls', 'remove_space', 'cmd_line'],
  ]);
  expect(new Set(ERASED_BYTES).size).toBe(ERASED_BYTES.length);
  // The matcher may not import from here and has its own copy: apart, a candidate would be lost.
  expect(ERASED.equals(ByteSet.of(ERASED_BYTES))).toBe(true);
});

it('keeps values of other types away from text predicates', () => {
  for (const name of ['is_utf8', 'is_ascii', 'is_url_encoded', 'luhn', 'is_private']) {
    const predicate = TRANSFORMATIONS.get(name)!;
    if (predicate.kind !== 'map') throw new Error(name);
    expect(predicate.bind([])(7), name).toBe(false);
  }
});
