import { describe, expect, test } from 'vitest';
import { VALUE_JOIN_BYTES_MAX } from '../../../../src/core/limits.ts';
import { ValueAssembler } from '../../../../src/http/body/value-assembler.ts';
import { LEAF, ORIGIN, PART } from '../../../../src/http/value.ts';

interface Segment {
  text: string;
  part: number;
  at: number;
  length: number;
}

function assembled(windowBytes: number, feed: (assembler: ValueAssembler) => void): Segment[] {
  const segments: Segment[] = [];
  const assembler = new ValueAssembler(
    {
      value: (_origin, _name, _path, text, part, _leaf, at, length) =>
        segments.push({ text, part, at, length }),
      file: () => undefined,
    },
    windowBytes,
  );
  assembler.begin(ORIGIN.form, 'n', 'n', LEAF.TEXT, 100);
  feed(assembler);
  assembler.end();
  return segments;
}

describe('value assembler', () => {
  test('a value of exactly the window is whole', () => {
    expect(assembled(8, (a) => a.append('12345678', 100, 8))).toEqual([
      { text: '12345678', part: PART.WHOLE, at: 100, length: 8 },
    ]);
  });

  test('one byte more makes two segments that overlap by half', () => {
    expect(assembled(8, (a) => a.append('123456789', 100, 9))).toEqual([
      { text: '12345678', part: PART.FIRST, at: 100, length: 8 },
      { text: '56789', part: PART.LAST, at: 104, length: 5 },
    ]);
  });

  test('segments know where their bytes stand as sent, escapes included', () => {
    const feed = (a: ValueAssembler): void => {
      for (let i = 0; i < 9; i++) a.append('x', 100 + 3 * i, 3);
    };
    expect(assembled(4, feed)).toEqual([
      { text: 'xxxx', part: PART.FIRST, at: 100, length: 12 },
      { text: 'xxxx', part: PART.MIDDLE, at: 106, length: 12 },
      { text: 'xxxx', part: PART.MIDDLE, at: 112, length: 12 },
      { text: 'xxx', part: PART.LAST, at: 118, length: 9 },
    ]);
  });

  test('an escape across the end of a segment is in both', () => {
    const feed = (a: ValueAssembler): void => {
      a.append('abc', 100, 3);
      a.append('\xc3\xa9', 103, 6);
      a.append('d', 109, 1);
    };
    expect(assembled(4, feed)).toEqual([
      { text: 'abc\xc3', part: PART.FIRST, at: 100, length: 9 },
      { text: 'c\xc3\xa9d', part: PART.LAST, at: 102, length: 8 },
    ]);
  });

  test('pieces beyond the joining limit give the same as one', () => {
    const text = Array.from({ length: VALUE_JOIN_BYTES_MAX * 5 }, (_, i) =>
      String.fromCharCode(i % 251),
    ).join('');
    const whole = assembled(VALUE_JOIN_BYTES_MAX * 2, (a) => a.append(text, 100, text.length));
    for (const size of [1, 1000, VALUE_JOIN_BYTES_MAX, VALUE_JOIN_BYTES_MAX + 1]) {
      const pieces = assembled(VALUE_JOIN_BYTES_MAX * 2, (a) => {
        for (let i = 0; i < text.length; i += size)
          a.append(text.slice(i, i + size), 100 + i, text.slice(i, i + size).length);
      });
      expect(pieces).toEqual(whole);
    }
    expect(whole.map((segment) => segment.text.length)).toEqual([8192, 8192, 8192, 8192]);
  });

  test('nothing is reported of a value that is discarded', () => {
    const seen: unknown[] = [];
    const assembler = new ValueAssembler({ value: (...v) => seen.push(v), file: () => undefined }, 8);
    assembler.begin(ORIGIN.xml, '', '', LEAF.TEXT, 0);
    assembler.append('   ', 0, 3);
    assembler.discard();
    expect([seen, assembler.open]).toEqual([[], false]);
  });
});
