// Code appended to values that are no operand, and texts that compare or join numbers themselves.
import { describe, expect, it } from 'vitest';
import { SQL_SHORT_BYTES_MAX, SQL_TAILS_READ_MAX } from '../../../../src/core/limits.ts';
import { detectSqli } from '../../../../src/detect/sql/detect-sqli.ts';
import { tailStart } from '../../../../src/detect/sql/tail.ts';
import { expectAllBy } from '../../../support/expect-all.ts';

const expectAll = expectAllBy(detectSqli);

const BASES = ['kim lee', 'a@b.example', '5 Main Street', "kim o'hara", 'https://a.example/b c'];

describe('code appended to two words, an address, a name', () => {
  it.each([
    ' and 12=34',
    ') and 12=34-- abcd',
    ')) and 12=34 and ((56=56',
    ' or not 12=34# x',
    ') where 12=12 and 34=56-- x',
    ' having 12=34',
    ') rlike (select (case when (12=34) then 0x61 else 0x28 end))-- x',
    ' and make_set(12=34,34)',
    ')/**/and/**/elt(12=34,34)#',
    ',(case when 12=34 then 1 else null end)',
    ',(select (case when (12=34) then 1 else 1/(select 0) end))',
    " and 'a'='b'",
    ' and "a" like "a"',
    ' || 12=34--x',
    ") or 12=(select ('a'))-- x",
    " and 12 in (select ('~'+'a'))-- x",
    ' order by 12-- abcd',
    ')) order by 12#',
    ')/**/order/**/by/**/1--',
    ')#a\norder#b\n#c\nby#d\n1-- x',
    ')\x01order\x02by\x031--',
  ])('%s', (code) => {
    expectAll(
      BASES.map((base) => base + code),
      true,
    );
  });
});

it(`is found behind decoys that break, of which there are fewer than ${SQL_TAILS_READ_MAX}`, () => {
  const behind = (decoys: number): string => `kim${' and 1=2 lee'.repeat(decoys)}) and 12=34-- x`;
  expect(detectSqli(behind(SQL_TAILS_READ_MAX - 1))).toBe(true);
  expect(detectSqli(behind(SQL_TAILS_READ_MAX))).toBe(false);
});

describe('texts that only look like it', () => {
  it('are data', () => {
    expectAll(
      [
        'I know that 1+1=2 and 2+2=4 my friend',
        'for all x > 5 and y < 3 here',
        'rate it 5 or 6 = good',
        'a first test, 3 > 2 apples',
        'two words and 3 > 2 apples',
        '10 mod 3 = 1; 10 div 3 = 3; 7 xor 2 = 5',
        'kim lee and 3 < 5',
        'answers 1=10, 2=20, 3=30',
        'kim order by phone -- thanks',
        'Please order by 5 pm',
        'sort order by 2 -- see the manual for it',
        'Please order by 5 #party',
        "she said 'yes' and 'no' = 'maybe' to all",
        'tell me if (a == 1 && 2 == 2) { go }',
        'a post: select name from staff where 1=1 and id = 3',
        'and 1=1 is what they all try',
      ],
      false,
    );
  });

  it('are long ones', () => {
    const appended = ' and 12=34';
    const words = 'kim lee '.repeat(SQL_SHORT_BYTES_MAX / 8);
    expect(tailStart(words.slice(appended.length) + appended, 0)).toBe(
      SQL_SHORT_BYTES_MAX - appended.length + 1,
    );
    expect(tailStart(words.slice(appended.length - 1) + appended, 0)).toBe(-1);
  });
});
