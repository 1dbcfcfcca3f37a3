// Where tokens end, dialect by dialect.
import { describe, expect, it } from 'vitest';
import type { Dialect } from '../../../../src/detect/sql/dialect.ts';
import { MYSQL, STANDARD } from '../../../../src/detect/sql/dialect.ts';
import { SqlLexer } from '../../../../src/detect/sql/lexer.ts';
import { ROLE, TOKEN } from '../../../../src/detect/sql/token.ts';

const names = new Map<number, string>(Object.entries(TOKEN).map(([name, kind]) => [kind, name]));

/** The tokens of a text as `KIND text`. */
function tokens(text: string, dialect: Dialect): string[] {
  const lexer = new SqlLexer();
  lexer.open(text, 0, dialect);
  const found: string[] = [];
  while (lexer.next() !== TOKEN.END) {
    found.push(`${names.get(lexer.kind)} ${text.slice(lexer.start, lexer.at)}`);
    if (lexer.kind === TOKEN.COMMENT) break;
  }
  return found;
}

describe('what all dialects read alike', () => {
  it.each([
    ["'it''s'", ["STRING 'it''s'"]],
    ["N'x' e'a' X'4f' b'01'", ["STRING N'x'", "STRING e'a'", "STRING X'4f'", "STRING b'01'"]],
    ["_utf8'x' _latin1'y'", ["STRING _utf8'x'", "STRING _latin1'y'"]],
    ["q'[it's]' nq'{a}' q'!b!'", ["STRING q'[it's]'", "STRING nq'{a}'", "STRING q'!b!'"]],
    ["$$a'b$$ $t$x$u$t$", ["STRING $$a'b$$", 'STRING $t$x$u$t$']],
    ["'open", ["OPEN_STRING 'open"]],
    ['$t$open', ['OPEN_STRING $t$open']],
    ["q'[open", ["OPEN_STRING q'[open"]],
    [
      '1 1.5 .5 1e10 1.5E-3 0x1F 0b01',
      ['NUMBER 1', 'NUMBER 1.5', 'NUMBER .5', 'NUMBER 1e10', 'NUMBER 1.5E-3', 'NUMBER 0x1F', 'NUMBER 0b01'],
    ],
    ['1union', ['NUMBER 1', 'KEYWORD union']],
    ['1.0union', ['NUMBER 1.0', 'KEYWORD union']],
    ['1e0union', ['NUMBER 1e0', 'KEYWORD union']],
    ['1.e(2)', ['OPEN (', 'NUMBER 2', 'CLOSE )']],
    [
      '@x @@version @@global.x :name ? $1',
      [
        'VARIABLE @x',
        'VARIABLE @@version',
        'VARIABLE @@global.x',
        'VARIABLE :name',
        'VARIABLE ?',
        'VARIABLE $1',
      ],
    ],
    [
      '`a``b` [my name] a.b master..t s.`x` u.*',
      ['NAME `a``b`', 'NAME [my name]', 'NAME a.b', 'NAME master..t', 'NAME s.`x`', 'NAME u.*'],
    ],
    [
      '<=> <> != !< >= << && || -> ->> #> @>',
      [
        'COMPARE <=>',
        'COMPARE <>',
        'COMPARE !=',
        'COMPARE !<',
        'COMPARE >=',
        'CALCULATE <<',
        'JUNCTION &&',
        'BARS ||',
        'CALCULATE ->',
        'CALCULATE ->>',
      ],
    ],
    ['a\x0bb\x0cc\xa0d\xc2\xa0e', ['NAME a', 'NAME b', 'NAME c', 'NAME d', 'NAME e']],
    ['voil\xc3\xa0 x', ['NAME voil\xc3\xa0', 'NAME x']],
    ['\\N', ['NUMBER \\N']],
    ['{fn now()}', ['OPEN_BRACE {', 'NAME fn', 'NAME now', 'OPEN (', 'CLOSE )', 'CLOSE_BRACE }']],
  ])('%s', (text, expected) => {
    expect(tokens(text, STANDARD).slice(0, expected.length)).toEqual(expected);
  });
});

describe('where they differ', () => {
  it.each([
    ["'a\\' c'", ["STRING 'a\\' c'"], ["STRING 'a\\'", 'NAME c', "OPEN_STRING '"]],
    ['1--1', ['NUMBER 1', 'SIGN -', 'SIGN -', 'NUMBER 1'], ['NUMBER 1', 'COMMENT --1']],
    ['1-- 1', ['NUMBER 1', 'COMMENT -- 1'], ['NUMBER 1', 'COMMENT -- 1']],
    ['1-- x\n2', ['NUMBER 1', 'NUMBER 2'], ['NUMBER 1', 'NUMBER 2']],
    ['1 # x', ['NUMBER 1', 'COMMENT # x'], ['NUMBER 1', 'CALCULATE #', 'NAME x']],
    ['1 /*!50000union*/ 2', ['NUMBER 1', 'KEYWORD union', 'NUMBER 2'], ['NUMBER 1', 'NUMBER 2']],
    ['1 /*!1,2*/', ['NUMBER 1', 'NUMBER 1', 'COMMA ,', 'NUMBER 2'], ['NUMBER 1']],
    ['/*M!100100and*/', ['KEYWORD and'], []],
    ['/* /* */ 1 */ 2', ['NUMBER 1', 'STAR *', 'CALCULATE /', 'NUMBER 2'], ['NUMBER 2']],
    ['1 /* open', ['NUMBER 1', 'COMMENT /* open'], ['NUMBER 1', 'COMMENT /* open']],
  ])('%s', (text, mysql, standard) => {
    expect(tokens(text, MYSQL)).toEqual(mysql);
    expect(tokens(text, STANDARD)).toEqual(standard);
  });
});

describe('words', () => {
  it.each([
    ['SeLeCt', ROLE.SELECT],
    ['UNION', ROLE.UNION],
    ['selection', ROLE.NONE],
    ['PG_Sleep', ROLE.DANGER],
    ['dbms_pipe.receive_message', ROLE.DANGER],
    ['XP_cmdshell', ROLE.DANGER],
    ['xp_', ROLE.NONE],
    ['o\xf2', ROLE.NONE],
  ])('%s', (word, role) => {
    const lexer = new SqlLexer();
    lexer.open(word, 0, STANDARD);
    lexer.next();
    expect(lexer.role).toBe(role);
  });

  it('knows whether a string that began before the value is closed in it', () => {
    const lexer = new SqlLexer();
    lexer.open("a''b' c", 0, STANDARD);
    expect(lexer.closeString(0x27)).toBe(true);
    expect(lexer.at).toBe(5);
    lexer.open("a''b", 0, STANDARD);
    expect(lexer.closeString(0x27)).toBe(false);
    lexer.open("a\\'b", 0, MYSQL);
    expect(lexer.closeString(0x27)).toBe(false);
  });
});
