// Mutants of conditions: which mistakes are made, that each compiles, and that lists are bounded.
import { describe, expect, it } from 'vitest';
import { compileProgram } from '../../../../src/compiler/compile.ts';
import { MUTANTS_PER_LIST_MAX } from '../../../../src/core/limits.ts';
import { mutantsOf } from '../../../../src/dsl/mutation/mutants.ts';
import { policyOf } from '../../../support/check-rules.ts';

const ruleWith = (when: string, before = ''): string =>
  `${before}\nrule t.a "x" { severity error when ${when} then block 403 }`;

/** The mistakes of a condition, in words. Every mutant is compiled on the way: it must be a condition like any other. */
function changesOf(when: string, before = ''): string[] {
  const policy = policyOf(ruleWith(when, before));
  const [rule] = policy.rules;
  if (rule.condition === undefined) throw new Error('no condition');
  return mutantsOf(rule.condition).map(({ change, condition }) => {
    expect(() => compileProgram({ ...policy, rules: [{ ...rule, condition }] })).not.toThrow();
    return change;
  });
}

describe('mutants', () => {
  it('swap, drop and negate operands', () => {
    expect(changesOf('request.method == GET and not request.has_body')).toEqual([
      '`and` becomes `or`',
      '`request.method == GET` is left out',
      '`not request.has_body` is left out',
      '`request.method == GET` is negated',
      '`not` is left out',
    ]);
  });

  it('change quantifiers, picks, exceptions and keys', () => {
    expect(changesOf('any (args["q"], request.cookies except ["sid"]) contains "x"')).toEqual([
      '`any` becomes `all`',
      '`any` becomes `none`',
      '`args["q"]` is not looked at',
      '`request.cookies` is not looked at',
      '`["q"]` is left out',
      '`"sid"` is no exception',
      '`any (args["q"], request.cookies except ["sid"]) contains "x"` is negated',
    ]);
  });

  it('leave out steps, and the value before a step', () => {
    expect(changesOf('any args |> percent_decode(2) |>? lower |> length > 3')).toEqual([
      '`any` becomes `all`',
      '`any` becomes `none`',
      '`percent_decode` is left out',
      '`percent_decode(2)` becomes `percent_decode(1)`',
      '`lower` is left out',
      '`|>? lower` becomes `|>`',
      '`any args |> percent_decode(2) |>? lower |> length > 3` is negated',
      '`>` becomes `>=`',
      '`> 3` becomes `> 4`',
    ]);
  });

  it('move bounds, narrow ranges and sets, drop words', () => {
    expect(changesOf('request.header_count <= 5')).toEqual([
      '`request.header_count <= 5` is negated',
      '`<=` becomes `<`',
      '`<= 5` becomes `<= 6`',
    ]);
    expect(changesOf('request.header_count in 3..7').slice(1)).toEqual([
      '3 is not in the range',
      '7 is not in the range',
    ]);
    expect(changesOf('request.path in ["/a", "/b"]').slice(1)).toEqual([
      '"/a" is not in the set',
      '"/b" is not in the set',
    ]);
    expect(changesOf('request.path contains any words', 'list words : String = ["a", "b"]')).toHaveLength(1);
  });

  it('cut alternatives out of patterns', () => {
    expect(changesOf('request.path matches /^(?:a|b[|)]|c)$/').slice(1)).toEqual([
      '`a` is cut out of the pattern',
      '`b[|)]` is cut out of the pattern',
      '`c` is cut out of the pattern',
    ]);
  });

  it('keep what captures need', () => {
    const changes = changesOf('request.path matches /^.(a|b)/ as m and m[1] == "a"');
    expect(changes).not.toContain('`and` becomes `or`');
    expect(changes).toContain('`a` is cut out of the pattern');
  });

  it('are told once, where two say the same', () => {
    const changes = changesOf('any args |> lower |> lower contains "x"');
    expect(changes.filter((change) => change === '`lower` is left out')).toHaveLength(1);
  });

  it('are at most sixteen for a list, evenly spread', () => {
    const paths = Array.from({ length: MUTANTS_PER_LIST_MAX + 1 }, (_, i) => `"/${i}"`);
    const left = changesOf(`request.path in [${paths.join(', ')}]`).filter((text) =>
      text.includes('in the set'),
    );
    expect(left).toHaveLength(MUTANTS_PER_LIST_MAX);
    expect(left[0]).toBe('"/0" is not in the set');
    expect(left.at(-1)).toBe(`"/${MUTANTS_PER_LIST_MAX - 1}" is not in the set`);
  });
});
