import { describe, expect, test } from 'vitest';
import { EXCERPT_COLUMNS_MAX } from '../../../../src/core/limits.ts';
import { diagnostic } from '../../../../src/dsl/diagnostics/diagnostic.ts';
import { renderJson } from '../../../../src/dsl/diagnostics/render-json.ts';
import { renderText } from '../../../../src/dsl/diagnostics/render-text.ts';
import { renderSarif } from '../../../../src/dsl/diagnostics/sarif.ts';
import { createSource } from '../../../../src/dsl/source.ts';
import type { Span } from '../../../../src/dsl/source.ts';

function spanOf(path: string, text: string, part: string): Span {
  const source = createSource(path, text);
  const start = text.indexOf(part);
  return { source, start, end: start + part.length };
}
const plain = { colour: false };

describe('text', () => {
  test('is in the style of the language reference', () => {
    const line = '  when      args.values |> canon matches sql_union';
    const span = spanOf('rules/api.ward', `${'\n'.repeat(161)}${line}\n`, 'args.values');
    const found = diagnostic('E202', span, 'a list needs a quantifier', {
      note: 'List<String>',
      help: 'write `any args.values |> canon matches sql_union`',
    });
    expect(renderText([found], plain)).toBe(
      `error[E202]: a list needs a quantifier
  --> rules/api.ward:162:13
162 |   when      args.values |> canon matches sql_union
    |             ^^^^^^^^^^^ List<String>
    = help: write \`any args.values |> canon matches sql_union\`
`,
    );
  });

  test('shows labels above and below, of other files after', () => {
    const text = 'one\ntwo\nthree\nfour\nfive\n';
    const span = spanOf('a.ward', text, 'two');
    const label = (part: string): Span => ({
      source: span.source,
      start: text.indexOf(part),
      end: text.indexOf(part) + part.length,
    });
    const found = diagnostic('W501', span, 'm', {
      labels: [
        { span: label('five'), message: 'far' },
        { span: label('one'), message: 'near' },
        { span: spanOf('b.ward', 'other', 'other'), message: 'elsewhere' },
      ],
    });
    expect(renderText([found], plain)).toBe(
      `warning[W501]: m
--> a.ward:2:1
1 | one
  | --- near
2 | two
  | ^^^
  :
5 | five
  | ---- far
--> b.ward:1:1
1 | other
  | ----- elsewhere
`,
    );
  });

  test('puts carets under wide characters, tabs and escapes', () => {
    const caretColumn = (text: string): number => {
      const lines = renderText([diagnostic('E001', spanOf('a', text, 'X'), 'm')], plain).split('\n');
      return lines[3].indexOf('^') - '  | '.length;
    };
    expect(caretColumn('aX')).toBe(1);
    expect(caretColumn('漢X')).toBe(2);
    expect(caretColumn('e\u0301X')).toBe(1);
    expect(caretColumn('\tX')).toBe(4);
    expect(caretColumn('ab\tX')).toBe(4);
    expect(caretColumn('\x1bX')).toBe(4);
    expect(caretColumn('😀X')).toBe(2);
  });

  test('lets no control character of file, path or message through', () => {
    const found = diagnostic('E001', spanOf('a\x1b[2J', 'x\x1b[31m\u202eX', 'X'), 'm\x07', { help: 'h\r' });
    const text = renderText([found], plain);
    expect(text).not.toMatch(/[\0-\x09\x0b-\x1f\x7f\u202e]/);
    expect(text).toContain('x\\x1b[31m\\u202eX');
  });

  test('cuts long lines to a window with the mark in it', () => {
    const text = `${'a'.repeat(5000)}X${'b'.repeat(5000)}`;
    const [, , line, carets] = renderText([diagnostic('E001', spanOf('a', text, 'X'), 'm')], plain).split(
      '\n',
    );
    expect(line.length).toBeLessThan(EXCERPT_COLUMNS_MAX + 10);
    expect(line.charAt(carets.indexOf('^'))).toBe('X');
  });

  test('underlines the first line of a longer stretch, and an empty one with one caret', () => {
    const text = 'one\ntwo';
    const long = renderText([diagnostic('E001', spanOf('a', text, 'ne\ntwo'), 'm')], plain);
    expect(long).toContain('1 | one\n  |  ^^\n');
    const empty = renderText(
      [diagnostic('E001', { source: createSource('a', ''), start: 0, end: 0 }, 'm')],
      plain,
    );
    expect(empty).toContain('1 |\n  | ^\n');
  });

  test('has colours only when asked', () => {
    const found = diagnostic('E001', spanOf('a', 'X', 'X'), 'm');
    expect(renderText([found], plain)).not.toContain('\x1b');
    expect(renderText([found], { colour: true })).toContain('\x1b[1;31merror[E001]\x1b[0m');
    expect(renderText([], { colour: true })).toBe('');
  });
});

const sample = diagnostic('E001', spanOf('rules/ä b.ward', 'one\ntwo', 'two'), 'm', {
  help: 'h',
  labels: [{ span: spanOf('rules/ä b.ward', 'one', 'one'), message: 'l' }],
  fix: [{ span: spanOf('rules/ä b.ward', 'one\ntwo', 'two'), text: '2' }],
});

test('JSON has places, labels and edits', () => {
  const place = {
    path: 'rules/ä b.ward',
    start: { offset: 4, line: 2, column: 1 },
    end: { offset: 7, line: 2, column: 4 },
  };
  expect(renderJson([sample])).toMatchObject({
    schema: 1,
    diagnostics: [
      {
        code: 'E001',
        severity: 'error',
        title: 'unexpected token',
        ...place,
        fix: [{ ...place, text: '2' }],
      },
    ],
  });
});

test('SARIF describes the codes that occur and points at them', () => {
  const log = renderSarif([sample, sample], '1.2.3');
  expect(log).toMatchObject({
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { semanticVersion: '1.2.3', rules: [{ id: 'E001' }] } },
        results: [
          {
            ruleIndex: 0,
            level: 'error',
            message: { text: 'm; h' },
            locations: [
              {
                physicalLocation: {
                  artifactLocation: { uri: 'rules/%C3%A4%20b.ward' },
                  region: { startLine: 2, startColumn: 1, endLine: 2, endColumn: 4 },
                },
              },
            ],
            relatedLocations: [{ message: { text: 'l' } }],
            fixes: [{ artifactChanges: [{ replacements: [{ insertedContent: { text: '2' } }] }] }],
          },
          { ruleIndex: 0 },
        ],
      },
    ],
  });
  expect(renderSarif([diagnostic('E001', spanOf('\ud800', 'X', 'X'), 'm')], '1')).toBeDefined();
});
