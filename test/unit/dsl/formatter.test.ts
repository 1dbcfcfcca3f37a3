import { describe, expect, test } from 'vitest';
import { FORMATTED_CONDITION_COLUMNS_MAX, FORMATTED_LINE_COLUMNS_MAX } from '../../../src/core/limits.ts';
import { formatFile, printFile } from '../../../src/dsl/formatter.ts';
import { parseFile } from '../../../src/dsl/parser.ts';
import { createSource } from '../../../src/dsl/source.ts';

const format = (text: string): string =>
  formatFile(createSource('a.ward', `language 1\n\n${text}`)).text.slice(12);

test('text with a mistake is left as it is', () => {
  const text = 'language 1\nswitch   a   maybe\n';
  const { text: same, diagnostics } = formatFile(createSource('a.ward', text));
  expect(same).toBe(text);
  expect(diagnostics).toHaveLength(1);
});

test('an entry to a line, in the column of its kind of block', () => {
  expect(format('rule a.b "t" { then block 403 severity error sealed }')).toBe(
    'rule a.b "t" {\n  then      block 403\n  severity  error\n  sealed\n}\n',
  );
});

test('declarations that follow each other share their columns, a blank line parts them', () => {
  expect(format('route a = GET "/"\nroute long = GET "/"\n\n\nroute b = GET "/"')).toBe(
    'route a    = GET "/"\nroute long = GET "/"\n\nroute b = GET "/"\n',
  );
});

test('blocks have a blank line around them', () => {
  expect(format('switch a on\nrule b "t" { sealed }\nswitch c on')).toBe(
    'switch a on\n\nrule b "t" {\n  sealed\n}\n\nswitch c on\n',
  );
});

describe('long lines break at their outermost joint', () => {
  const long = (name: string): string => `${name}_${'x'.repeat(38)}`;

  test('conditions at `or`, then at `and`', () => {
    expect(format(`rule b "t" { when ${long('a')} or ${long('b')} and ${long('c')} }`)).toBe(
      `rule b "t" {\n  when      ${long('a')}\n            or ${long('b')}\n               and ${long('c')}\n}\n`,
    );
  });

  test('conditions beyond FORMATTED_CONDITION_COLUMNS_MAX, shorter ones stay on their line', () => {
    const before = '  when      a or b_'.length;
    const rule = (columns: number): string =>
      format(`rule b "t" { when a or b_${'x'.repeat(columns - before)} }`).split('\n')[1];
    expect(rule(FORMATTED_CONDITION_COLUMNS_MAX)).toHaveLength(FORMATTED_CONDITION_COLUMNS_MAX);
    expect(rule(FORMATTED_CONDITION_COLUMNS_MAX + 1)).toBe('  when      a');
  });

  test('lists are filled', () => {
    const text = format(`list l : String = [${Array(40).fill('"abcdef"').join(', ')}]`);
    expect(text).toMatch(/^list l : String = \[\n {2}"abcdef", /);
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(FORMATTED_LINE_COLUMNS_MAX);
  });

  test('JSON at its members', () => {
    expect(
      format(
        `scenario "s" { send POST "/" json { "a": "${'x'.repeat(60)}", "b": ["${'y'.repeat(60)}"] } expect pass }`,
      ),
    ).toBe(
      `scenario "s" {\n  send POST "/"\n       json {\n         "a": "${'x'.repeat(60)}",\n         "b": ["${'y'.repeat(60)}"]\n       } expect pass\n}\n`,
    );
  });
});

test('comments stay with what they are about', () => {
  expect(format('// above\nswitch a on // beside\n// own\n\n// below')).toBe(
    '// above\nswitch a on // beside\n// own\n\n// below\n',
  );
});

test('a tree without blank lines of its own is laid out by the rules alone', () => {
  const { file } = parseFile(
    createSource('a', 'language 1\n\n\nswitch a on\n\nswitch b on\n/// doc\nrule c "t" { sealed }'),
  );
  expect(printFile(file, 'generated')).toBe(
    'language 1\n\nswitch a on\nswitch b on\n\n/// doc\nrule c "t" {\n  sealed\n}\n',
  );
});

test('a tree that cannot be written is our mistake and fails', () => {
  const { file } = parseFile(createSource('a', 'language 1\nswitch a on'));
  const [item] = file.items;
  if (item.kind !== 'Switch') throw new Error('no switch');
  const broken = { ...file, items: [{ ...item, name: { ...item.name, name: 'not a name' } }] };
  expect(() => printFile(broken, 'generated')).toThrow('formatted text');
});
