// Values that change the structure of a query, by dialect and place, and values that only look like it.
import { describe, expect, it } from 'vitest';
import { SQL_NESTING_MAX, SQL_RELEX_FACTOR, SQL_SHORT_BYTES_MAX } from '../../../../src/core/limits.ts';
import { detectSqli } from '../../../../src/detect/sql/detect-sqli.ts';
import { expectAllBy } from '../../../support/expect-all.ts';

const expectAll = expectAllBy(detectSqli);

describe('attacks', () => {
  it.each<[string, readonly string[]]>([
    [
      'tautologies between single quotes',
      [
        "' or '1'='1",
        "x' OR 1=1-- -",
        "' or ''='",
        "') or ('a'='a",
        "admin' or true#",
        "' || 1=1 #",
        "' && 2>1 -- ",
        "' xor 1 -- ",
        "' or 3 in (3) or '",
        "' or 1 between 0 and 2 -- ",
        "' or 'a' is not null -- ",
        "' or not 0=1 or '0",
        "' or 'x' like '%",
        "'or+1>0--",
        "2010-01-01'+sleep(20.to_i)+'",
        "exec'x\\'",
      ],
    ],
    [
      'constants joined or compared as only SQL does',
      [
        '1 between 0 and 2',
        '1 in (1,2)',
        '1 not in (2)',
        '1 like 1',
        '1 or true',
        '1 and -1',
        '1 or ~1',
        '1 and (1)',
        'or a=a',
        'hi or a.b = a.b',
        '; or 1=1',
        "';or 1=1--",
        "OR '[1,2]' ? '1'",
        'OR \'{"b":2}\'::jsonb <@ \'{"b":2}\'::jsonb',
        "' or 1::int=1 --",
        "' or 'a' @@ 'a",
        '\'{"a":1}\'::jsonb @> \'{"a":1}\'',
        '1 or @a:=1',
      ],
    ],
    [
      'short statements behind a constant',
      [
        '1;commit',
        "';vacuum--",
        '1;use master',
        "1;raiserror('x',16,1)",
        '1;print @@version',
        '1;pragma database_list',
        "1;bulk insert t from 'f'",
        "1;runscript from 'http://a.example/x.sql'",
        "1;create alias x as 'y'",
      ],
    ],
    ['between double quotes', ['" or "a"="a', '" or 1=1-- ', '") or ("1"="1', 'x" union select 1,2#']],
    ['between backquotes', ['x` or 1=1-- ', '`id` union select 1,2 -- `', 'a` = 1 or 1=1 #']],
    [
      'behind a number',
      [
        '1 or 1=1',
        '1) or (2>1',
        '-1 or 1=1',
        ' or 1=1',
        '1||1=1',
        '1 and 1=2',
        '1 having 1=1',
        '5 div 1 or 7=7',
        '1 and x=y',
        '1 or 1 --',
      ],
    ],
    [
      'unions',
      [
        '1 union select 1',
        '1 UNION ALL SELECT NULL,NULL',
        "' union select a,b from c -- ",
        '-1/**/union/**/select/**/1',
        '1 union distinct select user()',
        '0 union(select 1)',
        '1 union values (1)',
        '1 union select pw from users',
        'x union select 1,2,3',
        '1%0aunion select 1'.replace('%0a', '\n'),
        '.1union select 1',
        '1e0union select 1',
      ],
    ],
    [
      'versioned comments',
      ['1 /*!50000union*/ /*!50000select*/ 1,2', '1/*!and*/1=2', '1 /*!union*/ select 1'],
    ],
    [
      'second statements',
      [
        '1; drop table users',
        "x'; insert into users values (1)",
        "'; exec xp_cmdshell('dir')--",
        '1;select pg_sleep(5)',
        '1; update users set a=1',
        "'; delete from users--",
        '1; shutdown',
        '1;declare @x int',
        "1; copy t to '/tmp/x'",
        '1; grant all on a to b',
        "1 waitfor delay '0:0:5'",
        "1 exec master..xp_cmdshell 'dir'",
        "' if(1=1) waitfor delay '0:0:9'--",
        "1;attach database '/x' as y",
        '1;truncate table logs',
        'abc; alter table x add y int',
        '1;begin shutdown end',
      ],
    ],
    ['links', ['http://a.example/x?id=1 order by 10', '/x?a=b&id=1 rlike 1', '?id=(select 1,2 from a)']],
    [
      'truncation',
      ["admin'--", "admin'--/**/-", "admin' #", "admin'/*", "admin')-- -", "admin'; --", '5-- -', '5)-- '],
    ],
    [
      'calls that wait, read, execute',
      [
        '1; call f(1, (2))',
        "1; call f(1) and 'a' like 'a",
        'call f(g(1)); --',
        "1; call f('",
        'sleep(5)',
        '1 and sleep(5)',
        "1'+sleep(5)+'",
        '1-benchmark(1000000,md5(1))',
        "load_file('/etc/passwd')",
        '1 and extractvalue(1,concat(0x7e,version()))',
        "' and updatexml(1,concat(0x7e,user()),1) or '",
        "'||utl_inaddr.get_host_name('x')||'",
        "'||dbms_pipe.receive_message('a',5)||'",
        '1 and pg_sleep(5)--',
      ],
    ],
    [
      'subqueries',
      [
        '(select password from users limit 1)',
        '1 and (select count(*) from users)>0',
        "'||(select banner from v$version)||'",
        '1 and exists(select * from users)',
        '1=(select 1)',
        "foo (select group_concat(a) from b where c='d')",
      ],
    ],
    [
      'sorting and grouping',
      [
        '1 order by 10',
        "1' order by 3-- ",
        '1) group by 2 -- ',
        '1 procedure analyse(1,1)',
        "' limit 1,1 -- ",
      ],
    ],
    ['files', ["' into outfile '/var/www/x.php' -- ", "1 into dumpfile '/tmp/x'"]],
    [
      'branches',
      [
        "' and case when 1=1 then 1 else 0 end='1",
        '1 and if(1=1,1,0)',
        '(case when (1=1) then 1 else 2 end)',
        '1 and ascii(substr(user(),1,1))>64',
      ],
    ],
    ['operators between quotes', ["a'||'b", "a'+'b", "'-'", "'='", "a' like '%", "x'='x", "1'*'1"]],
    [
      'whole statements',
      [
        'drop table users;',
        'DROP TABLE users',
        "insert into users values ('a')",
        'update users set admin=1 where id=2',
        'delete from users where 1=1',
        'select @@version',
        'create table x (y int)',
      ],
    ],
    [
      'exotic white space',
      [
        '1\x0bor\x0c1=1',
        "'\xa0or\xa01=1#",
        '1\xc2\xa0union\xc2\xa0select\xc2\xa01',
        '1/*x*/or/**/1=1',
        "'--\nor 1=1#",
      ],
    ],
    ['backslashes of MySQL, and none elsewhere', ["\\' or 1=1-- ", "a\\\\' or 1=1-- "]],
    [
      'JSON operators and casts',
      [
        "' or '{\"a\":1}'::jsonb @> '{\"a\":1}' -- ",
        "1 and data->>'$.a'='x'",
        "1 or json_extract(a,'$.b')=1",
      ],
    ],
    ['ODBC escapes', ['1 or {fn now()} = {fn now()}', "' or {d '2026-01-01'} < {d '2026-01-02'} -- "]],
    ['MySQL numbers that other lexers stumble over', ["1' or 1.e(1) or '1'='1", "' or \\N is null -- "]],
  ])('%s', (_, values) => {
    expectAll(values, true);
  });
});

describe('data', () => {
  it.each<[string, readonly string[]]>([
    [
      'links',
      ['http://a.example/?q=1 or 2', '/x?a=5&b=3,4', 'a&&b=1||c==2', 'is a ? b=1 || c=2', '/x?q=a and b'],
    ],
    [
      'numbers and names that people join',
      [
        '1 or 2',
        '1 and 2',
        '5 in 2',
        'Chapter 5 in (2)',
        'tea or coffee=tea',
        'fix the bug; commit',
        'Chapter 3; use it',
        '1;commit to it all',
        'let x = a? "b" : "c";',
        'a::b',
        'true is not null',
        "'*'",
        '"div"',
        '"/"',
        '"#"',
        'Create database page',
        '(has(self.a) && !has(self.b)) || (!has(self.a) && has(self.b))',
        'Execute tests (Unit and Feature tests) via PHPUnit',
      ],
    ],
    [
      'names',
      [
        "O'Reilly",
        "D'Angelo-Smith",
        "secret: '%env(APP_SECRET)%'",
        "profiler: '%kernel.debug%'\nurl: '%env(PUBLISH_URL)%'",
        "Conan O'Brien and Shaquille O'Neal",
        "'s-Hertogenbosch",
        "rock 'n' roll",
        "L'or de la mer",
        "l'union fait la force",
        "dell'Order by Giovanni",
        "the dogs' or the cats'",
        'Union Select Ltd',
        "Sinéad O'Connor or Dolores O'Riordan",
      ],
    ],
    ['ranges of versions', ['>=16 || 14 >=14.17', '^12.22.0 || >=14 || >1 = 2', '~1 || <2 || 3 >= 1']],
    [
      'prose with the words of SQL',
      [
        'the union will select a leader',
        'Please select a nice one from the union where it fits; select from stock) or order by phone',
        "It's 5 or 6? I think x = 3 works.",
        'Wash; drop it at the table; update us later.',
        'First select a size; then create an account.',
        'You can (select one) from the list where it fits.',
        'select shoes from italy',
        'delete from history',
        'Call start() and wait for the end.',
        'drop in or call',
        'Order by 5 pm',
        'set it and forget it',
        "She said 'yes' -- and left.",
        'A union may all the same select its own board.',
        'Western Union select locations',
        'I need sleep (at least 8 hours).',
        'If you call me (now) or later',
        "students' union select committee",
        'select all that apply',
        'insert into slot A',
        'update profile set picture',
      ],
    ],
    [
      'quoted words',
      [
        '"foo" OR "bar"',
        "say 'foo' or 'bar'",
        'use `||` or `&&` here',
        "the '=' sign",
        "use '-' here",
        '`*/*` or `text/*`',
        '"on" or "off"',
      ],
    ],
    [
      'sums and comparisons',
      [
        'a<b and c>d',
        'x > 5 and y < 3',
        '1 + 1',
        '5 or 6',
        '2 and 3',
        '19" and 24"',
        '6\'2" or 5\'4"',
        "5'-6'",
        '10" = 25.4 cm',
        'if x and y = 3',
        '1=1 in text is a tautology',
        'a=1&b=2',
      ],
    ],
    [
      'queries, which inject nothing by themselves',
      [
        'select * from users where id=1',
        'SELECT COUNT(*) AS n, status FROM tickets GROUP BY status HAVING COUNT(*) > 5;',
        "select * from products where price between 10 and 20 and name like '%shoe%'",
      ],
    ],
    [
      'code',
      [
        "const select = document.querySelector('select');",
        'if (x == 1 || y == 2) { foo(); }',
        "var s = 'a' + b + 'c';",
        'a { color: red; } b { order: 1; }',
        '{"exec": "node", "select": ["a"]}',
        '<a href=\'x\' title="y">drop</a>',
        "import glob from 'glob'",
        'await sleep(5000);',
        "content: '' /* x */",
        "'#000';",
        '# select all',
        'x = "" # empty',
        "items.split('-')",
        '/*! jQuery v3.7.1 | (c) OpenJS Foundation */',
        'user_name = :name',
        "console.log('done') // or not",
        "console.log('x' + sleep(5 a))",
        "2010-01-01' sleep(20.to_i) '",
        'exec:a',
        'exec@a',
      ],
    ],
    [
      'addresses',
      [
        'http://x.example/?a=1&b=select',
        'john@example.com',
        'kim select @mail.example',
        '+49 (170) 1234567',
        '2026-01-01 10:00:00',
        '10.0.0.1',
        "https://example.com/a'b?c=d",
        'C:\\Program Files\\x',
      ],
    ],
    [
      'tokens',
      [
        'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx.x--',
        'dGVzdA==',
        '9f86d081-884c-7d65',
        '1611-Iio/XXIG1ti8--',
        'a--b',
        '--help',
      ],
    ],
    [
      'markdown',
      [
        '| a | b |\n|---|---|\n| 1 | 2 |',
        '---\ntitle: x\n---',
        '- one\n- two',
        '-- \nJohn',
        '## Order by phone',
        '`select`',
      ],
    ],
    [
      'lists and numbers',
      ['1,2,3', '1, 2 or 3', '(1)', '-1', '1e5', '0x1f', '$5.00', '50%', '3 * 4', '1-2-3'],
    ],
    ['nothing', ['', ' ', "'", '"', "''", ';', '--', '#', '(', ')', '/*', "' '", '\0', '\\']],
  ])('%s', (_, values) => {
    expectAll(values, false);
  });
});

describe('bounds', () => {
  it(`takes what follows a whole statement for a part of the post beyond ${SQL_SHORT_BYTES_MAX} bytes`, () => {
    const query = 'Our report: select name from staff where id in (select 1 from rota)';
    expect(detectSqli(query.padEnd(SQL_SHORT_BYTES_MAX, ' and so on'))).toBe(true);
    expect(detectSqli(query.padEnd(SQL_SHORT_BYTES_MAX + 1, ' and so on'))).toBe(false);
    const before = 'Words about something else. '.repeat(30);
    expect(detectSqli(`${before}; drop table users`)).toBe(true);
    expect(detectSqli(`${before}(select 1 from rota)`)).toBe(true);
    expect(detectSqli(`${query.repeat(20)}' union select 1,2 from staff`)).toBe(true);
  });

  it('reads parentheses deeper than its stack as plain ones', () => {
    for (const depth of [SQL_NESTING_MAX - 1, SQL_NESTING_MAX, SQL_NESTING_MAX + 1, 10 * SQL_NESTING_MAX]) {
      const open = '('.repeat(depth);
      const close = ')'.repeat(depth);
      expect(detectSqli(`1 or ${open}1=1${close}`), `depth ${depth}`).toBe(true);
      expect(detectSqli(`1 or ${open}select 1${close}=1`), `depth ${depth}`).toBe(true);
      expect(detectSqli(`${open}hello${close}`), `depth ${depth}`).toBe(false);
    }
  });

  it('looks into what it took for a string until its second looks are used up, then goes on behind it', () => {
    const bait = ";drop 'xxxxxxxx";
    const attack = '; union select 1,2 from x; drop table y';
    for (const count of [1, SQL_RELEX_FACTOR, 100 * SQL_RELEX_FACTOR]) {
      expect(detectSqli(bait.repeat(2 * count) + attack), `${count} times`).toBe(true);
    }
  });

  it('finds the statement behind a condition of any length and behind any number of conditions', () => {
    expect(detectSqli(`1;if 1=${'-'.repeat(5_000)}1 drop table x`)).toBe(true);
    expect(detectSqli(`1;${'if 1=1 begin '.repeat(50_000)} drop table x`)).toBe(true);
  });

  it('finds an attack at the end of a long value', () => {
    expect(detectSqli(`${'word '.repeat(20_000)}; drop table users`)).toBe(true);
    expect(detectSqli(`${'1+'.repeat(20_000)}1 or 1=1`)).toBe(true);
    expect(detectSqli(`${'a'.repeat(50_000)}' or '1'='1`)).toBe(true);
  });
});
