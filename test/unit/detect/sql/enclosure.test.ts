// Values that close a comment, a dollar-quoted string or a name in brackets, and texts that have these marks anyway.
import { describe, expect, it } from 'vitest';
import { detectSqli } from '../../../../src/detect/sql/detect-sqli.ts';
import { ENCLOSURES, enclosureEnd } from '../../../../src/detect/sql/enclosure.ts';
import { expectAllBy } from '../../../support/expect-all.ts';

const expectAll = expectAllBy(detectSqli);

describe('enclosureEnd', () => {
  const [comment, dollars, brackets] = ENCLOSURES;

  it('is behind the first mark that closes what the value did not open', () => {
    expect(enclosureEnd('a*/b*/', comment)).toBe(3);
    expect(enclosureEnd('$$$$', dollars)).toBe(2);
    expect(enclosureEnd('a]', brackets)).toBe(2);
    expect(enclosureEnd('a]b[c]', brackets)).toBe(2);
  });

  it('is nowhere in a text that opens it first, or has no such mark', () => {
    expect(enclosureEnd('/* a */ b */', comment)).toBe(-1);
    expect(enclosureEnd('[a] b]', brackets)).toBe(-1);
    expect(enclosureEnd('$ a', dollars)).toBe(-1);
  });
});

describe('attacks', () => {
  it('closes a comment', () => {
    expectAll(
      [
        '1*/ and 1=2/*',
        'kim*/ or 2=2--aa',
        'kim*/ or not 2=3-- x',
        '1*/ having 1=2/*',
        '1*/,(select (case when (1=2) then 1 else 1/(select 0) end))/*',
        '1*/ and make_set(1=2,3)/*',
        '1*/ order by 1',
        '1*/ union all select null/*',
      ],
      true,
    );
  });

  it('closes a dollar-quoted string', () => {
    expectAll(['1$$ and 1=2-- x', 'kim$$ or 1=1#', '1$$||pg_sleep(5)--', '1$$ order by 1'], true);
  });

  it('closes a name in brackets', () => {
    expectAll(['1]-(select 0 where 1=1 and 2=3)|[1', 'name] union select null--'], true);
  });

  it('goes on behind the text of a search', () => {
    expectAll(
      [
        "kim' in boolean mode) and 1=2#",
        "kim' in natural language mode) or 1=1-- x",
        "kim' IN BOOLEAN MODE) HAVING 1=2#",
      ],
      true,
    );
  });
});

describe('texts with the same marks', () => {
  it('are data', () => {
    expectAll(
      [
        '*/5 * * * *',
        '0 */2 * * 1-5 /usr/bin/backup --all',
        'text/html, */*;q=0.8',
        'src/*/a and test/*/b',
        'end of comment */ if (a && b) { return 1; }',
        "remove the */ at the end -- it's wrong",
        'kill -9 $$ && echo done',
        '$$a^2 + b^2 = c^2$$',
        '$$ and bills',
        'as $$ begin return 1; end $$ language plpgsql',
        'smile :] and = 3 stars',
        'x] && y',
        "they meet 'now' in boolean logic",
        "the switch is 'on' in natural language models",
      ],
      false,
    );
  });
});
