import { describe, expect, test } from 'vitest';
import { DIAGNOSTICS_MAX, NESTING_DEPTH_MAX, SOURCE_BYTES_MAX } from '../../../src/core/limits.ts';
import { parseFile } from '../../../src/dsl/parser.ts';
import type { ParsedFile } from '../../../src/dsl/parser.ts';
import { createSource, spanText } from '../../../src/dsl/source.ts';
import { entryOf, walk } from '../../../src/dsl/walk.ts';

const parse = (text: string): ParsedFile => parseFile(createSource('a.ward', `language 1\n${text}`));
const places = ({ diagnostics }: ParsedFile): string[] =>
  diagnostics.map((found) => `${found.code} ${found.span.source.lineAt(found.span.start).line}`);

function condition(text: string): unknown {
  const { file, diagnostics } = parse(`rule a.b "t" { when ${text} }`);
  expect(diagnostics).toEqual([]);
  const [rule] = file.items;
  if (rule.kind !== 'Rule') throw new Error('no rule');
  return entryOf(rule.entries, 'WhenEntry')?.condition;
}

describe('precedence and shape of conditions', () => {
  test('`and` binds tighter than `or`, chains are flat', () => {
    expect(condition('a or b and not c or d')).toMatchObject({
      kind: 'Or',
      operands: [
        { kind: 'Test' },
        { kind: 'And', operands: [{ kind: 'Test' }, { kind: 'Not' }] },
        { kind: 'Test' },
      ],
    });
  });

  test('a bare parenthesis is no test, one with a step or a relation is', () => {
    expect(condition('(a or b)')).toMatchObject({ kind: 'Paren', inner: { kind: 'Or' } });
    expect(condition('(a) |> lower == "x"')).toMatchObject({
      kind: 'Test',
      pipe: { head: { kind: 'Paren' } },
    });
  });

  test('a second token tells a binder from a selection', () => {
    expect(condition('any v of args { v contains "x" }')).toMatchObject({
      kind: 'Binder',
      variable: { name: 'v' },
    });
    expect(condition('any v contains "x"')).toMatchObject({
      kind: 'Quantified',
      relation: { kind: 'TextSearch' },
    });
  });

  test('both spellings of a negated relation', () => {
    expect(condition('a not in b')).toMatchObject({ relation: { kind: 'Membership', negated: true } });
    expect(condition('not a in b')).toMatchObject({ kind: 'Not', operand: { relation: { negated: false } } });
  });

  test('|>? keeps its input; arguments may be patterns', () => {
    expect(condition('a |>? find(/x/) |> lower == "x"')).toMatchObject({
      pipe: {
        steps: [
          { keepsInput: true, args: [{ kind: 'RegexLiteral' }] },
          { keepsInput: false, args: undefined },
        ],
      },
    });
  });
});

test('literals carry their value in the unit of their type', () => {
  const { file } = parse(
    'const a : T = 10m\nconst b : T = 64KiB\nconst c : T = 2027-03-31\nconst d : T = 0.5%\nconst e : T = 6_000',
  );
  const values = file.items.map((item) =>
    item.kind === 'Const' && 'value' in item.value ? item.value.value : undefined,
  );
  expect(values).toEqual([600_000_000, 65_536, Date.UTC(2027, 2, 31), 0.5, 6000]);
});

test('doc comments belong to the item right after them', () => {
  const { file } = parse(
    '/// one\n/// two\nswitch a on\n// no\nswitch b on\nrule c "t" {\n  /// inside\n  sealed\n}',
  );
  expect(file.items.map((item) => item.doc)).toEqual(['one\ntwo', undefined, undefined]);
});

test('spans cover their construct and nest', () => {
  const { file } = parse('rule a.b "t" { when any v of x |> lower { v == "y" } then block 403 }');
  const found = new Map<string, string>();
  walk(file, (node) => {
    found.set(node.kind, spanText(node.span));
  });
  expect(found.get('Rule')).toBe('rule a.b "t" { when any v of x |> lower { v == "y" } then block 403 }');
  expect(found.get('Binder')).toBe('any v of x |> lower { v == "y" }');
  expect(found.get('Selection')).toBe('x |> lower');
  expect(found.get('Block')).toBe('block 403');
});

describe('after a mistake', () => {
  test('the other entries and items are read, and their mistakes found', () => {
    const parsed = parse(
      'rule a.b "t" {\n  severity  high\n  when      == 3\n  then      block 403\n  examples {\n    hit GET\n    miss GET "/"\n  }\n}\nroute x = "/"\nswitch y on',
    );
    expect(places(parsed)).toEqual(['E001 3', 'E001 4', 'E001 8', 'E001 11']);
    const [rule, last] = parsed.file.items;
    if (rule.kind !== 'Rule') throw new Error('no rule');
    expect(rule.entries.map((entry) => entry.kind)).toEqual(['ThenEntry', 'ExamplesEntry']);
    expect(entryOf(rule.entries, 'ExamplesEntry')?.examples).toHaveLength(1);
    expect(last.kind).toBe('Switch');
  });

  test('a JSON brace left open does not swallow the next example or item', () => {
    const parsed = parse(
      'rule a "t" {\n  examples {\n    hit POST "/" json { "a": 1\n    miss GET "/"\n  }\n}\nswitch y on',
    );
    expect(places(parsed)).toEqual(['E001 5']);
    expect(parsed.file.items.map((item) => item.kind)).toEqual(['Rule', 'Switch']);
  });

  test('a missing closing brace ends at the next item', () => {
    const parsed = parse('rule a "t" {\n  sealed\n\nrule b "t" {\n  sealed\n}');
    expect(places(parsed)).toEqual(['E010 2']);
    expect(parsed.file.items).toHaveLength(2);
  });
});

test('entry words are names where a name stands, an entry where one can only begin', () => {
  expect(parse('rule a "t" { when x and\nthen\nseverity error }').diagnostics).toEqual([]);
  expect(parse('rule a "t" { then ban\nthen\nfor 1h }').diagnostics).toEqual([]);
  expect(places(parse('rule a "t" { when x and\nthen block 403 }'))).toEqual(['E001 3']);
});

describe('limits', () => {
  const nested = (depth: number): ParsedFile =>
    parse(`rule a "t" { when ${'('.repeat(depth)}x${')'.repeat(depth)} }`);

  test('nesting is refused one level beyond the limit', () => {
    // The rule's own block is one level.
    expect(nested(NESTING_DEPTH_MAX - 1).diagnostics).toEqual([]);
    expect(nested(NESTING_DEPTH_MAX).diagnostics.map((found) => found.code)).toEqual(['E005']);
  });

  test('a chain is as long as it likes: it does not nest', () => {
    expect(parse(`rule a "t" { when ${'x or '.repeat(50_000)}x }`).diagnostics).toEqual([]);
    expect(parse(`list a : T = [${'"x", '.repeat(200_000)}"x"]`).diagnostics).toEqual([]);
  });

  test('diagnostics stop at the limit with one that says so', () => {
    const { diagnostics } = parse('switch a maybe\n'.repeat(DIAGNOSTICS_MAX + 50));
    expect(diagnostics).toHaveLength(DIAGNOSTICS_MAX + 1);
    expect(diagnostics.at(-1)?.code).toBe('E016');
  });

  test('a file beyond the size limit is not read', () => {
    const { file, diagnostics } = parseFile(createSource('a', ' '.repeat(SOURCE_BYTES_MAX + 1)));
    expect(diagnostics.map((found) => found.code)).toEqual(['E009']);
    expect(file.items).toEqual([]);
    expect(parse(' '.repeat(1000)).diagnostics).toEqual([]);
  });
});
