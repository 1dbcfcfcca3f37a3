// What must hold of the detection of commands for any text: it ends, in linear work, and what cannot break out is data.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COMMAND_MARKS, detectCommand, isCommandLine } from '../../src/detect/shell/detect-command.ts';
import { SHELL_MARKS, detectShell } from '../../src/detect/shell/detect-shell.ts';

const RUNS = 1_500;
const PIECES = [
  ...';|&\n\r`$()<>{}\'"\\^/*?%#=~- ',
  ...['$(', '<(', '\\n', '&&', '||', '${ifs}', '$@', '${', '/bin/', '-c', '2>&1', '../', 'c:\\', '%x%'],
  ...['id', 'cat', 'sudo', 'net', 'user', 'wget', 'http://x', 'node', 'set', 'the', 'x', '/etc/hosts'],
];
const anyText = fc.array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 3 })), {
  maxLength: 40,
});

describe('any text', () => {
  it('has the same verdict each time, and none without a mark', () => {
    fc.assert(
      fc.property(anyText, (pieces) => {
        const text = pieces.join('').toLowerCase();
        const verdict = detectShell(text);
        expect(detectShell(text)).toBe(verdict);
        if (verdict) expect(SHELL_MARKS.some((mark) => text.includes(mark))).toBe(true);
      }),
      { numRuns: RUNS },
    );
  });

  it('has the same verdict as a whole value each time, and none without a mark', () => {
    fc.assert(
      fc.property(anyText, (pieces) => {
        const text = pieces.join('').toLowerCase();
        const verdict = detectCommand(text);
        expect(text.length > 2 && isCommandLine(text)).toBe(verdict);
        if (verdict) expect(COMMAND_MARKS.some((mark) => text.includes(mark))).toBe(true);
      }),
      { numRuns: RUNS },
    );
  });

  it('is data when it has letters, digits and blanks only', () => {
    const word = fc.constantFrom(
      'cat',
      'id',
      'wget',
      'the',
      'notes',
      '/etc/hosts',
      '-la',
      'sudo',
      '5',
      'x.txt',
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), (words) => {
        expect(detectShell(words.join(' '))).toBe(false);
      }),
      { numRuns: RUNS },
    );
  });
});

describe('an attack', () => {
  it('stays one behind any short piece of data, with any blanks, before any remark', () => {
    const data = fc.constantFrom('', '127.0.0.1', 'shop.example', 'a 7', 'photo.jpg', "x'", 'x")', '7');
    const separator = fc.constantFrom(';', '|', '||', '&&', '\n', '; ', ' | ');
    const command = fc.constantFrom(
      'cat /etc/hosts',
      'wget http://x',
      'uname -a',
      'sleep 5',
      'id',
      'nc 10.0.0.1 80',
    );
    const end = fc.constantFrom('', ' #', ';', ' ; "');
    fc.assert(
      fc.property(
        data,
        separator,
        command,
        fc.constantFrom(' ', '\t', '  '),
        end,
        (head, mark, line, gap, tail) => {
          const text = `${head}${mark}${line.replaceAll(' ', gap)}${tail}`;
          expect(detectShell(text), JSON.stringify(text)).toBe(true);
        },
      ),
      { numRuns: RUNS },
    );
  });
});
