/** Long texts are transformed once as long as few others come between, short and giant ones every time. */
import { expect, test } from 'vitest';
import { rememberingLong } from '../../../src/compiler/remembered-texts.ts';
import {
  REMEMBERED_TEXTS_MAX,
  REMEMBERED_TEXT_BYTES_MAX,
  REMEMBERED_TEXT_BYTES_MIN,
} from '../../../src/core/limits.ts';

function counting(): { readonly apply: (text: string) => string; calls: number } {
  const counter = { calls: 0, apply: (text: string) => `${String((counter.calls += 1) * 0)}${text}` };
  return counter;
}

test('a long text is transformed once', () => {
  const counter = counting();
  const apply = rememberingLong(counter.apply);
  const text = 'a'.repeat(REMEMBERED_TEXT_BYTES_MIN);
  expect([apply(text), apply(text)]).toEqual([`0${text}`, `0${text}`]);
  expect(counter.calls).toBe(1);
});

test('one more than it keeps pushes the oldest out', () => {
  const counter = counting();
  const apply = rememberingLong(counter.apply);
  const texts = Array.from({ length: REMEMBERED_TEXTS_MAX + 1 }, (_, i) =>
    String.fromCharCode(97 + i).repeat(REMEMBERED_TEXT_BYTES_MIN),
  );
  for (const text of texts) expect(apply(text)).toBe(`0${text}`);
  expect(apply(texts[0]!)).toBe(`0${texts[0]!}`);
  expect(counter.calls).toBe(REMEMBERED_TEXTS_MAX + 2);
  expect(apply(texts.at(-1)!)).toBe(`0${texts.at(-1)!}`);
  expect(counter.calls).toBe(REMEMBERED_TEXTS_MAX + 2);
});

test.each([REMEMBERED_TEXT_BYTES_MIN - 1, REMEMBERED_TEXT_BYTES_MAX + 1])(
  '%i bytes are not kept',
  (bytes) => {
    const counter = counting();
    const apply = rememberingLong(counter.apply);
    const text = 'a'.repeat(bytes);
    apply(text);
    apply(text);
    expect(counter.calls).toBe(2);
  },
);
