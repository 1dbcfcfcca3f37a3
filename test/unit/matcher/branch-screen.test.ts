import { expect, it } from 'vitest';
import { SCREENED_BYTES_MAX } from '../../../src/core/limits.ts';
import { base64_decode_strict } from '../../../src/http/transform/base64-decode-strict.ts';
import { js_decode } from '../../../src/http/transform/js-decode.ts';
import { url_decode_uni } from '../../../src/http/transform/url-decode-uni.ts';
import { BranchScreens } from '../../../src/matcher/branch-screen.ts';
import type { ChainStep } from '../../../src/matcher/pattern-entry.ts';
import type { TextTransformation } from '../../../src/http/transform/transformation.ts';

const stepOf = (transformation: TextTransformation): ChainStep => ({
  ...transformation,
  key: transformation.name,
  apply: transformation.bind([]),
  keepOriginal: true,
});
const base64 = stepOf(base64_decode_strict);
const behind = [
  { step: stepOf(url_decode_uni), afterDrops: false },
  { step: stepOf(js_decode), afterDrops: false },
];
const encoded = (text: string): string => Buffer.from(text, 'latin1').toString('base64');

let epoch = 0;
function admits(text: string, dropped = ''): boolean | undefined {
  const screen = new BranchScreens().of(base64, dropped, [new Set(['eval(', 'a+b'])], behind);
  return screen?.admits(text, ++epoch, 0);
}

it.each([
  ['a word', 'documentation', false],
  ['noise that looks like nothing', encoded('the quick brown fox'), false],
  ['a literal', encoded('x eval(1)'), true],
  ['a literal in other case with erased bytes between', encoded('E"v a\\l('), true],
  ['a literal with a plus sign, which may be exchanged', encoded('ab'), true],
  ['plus signs, which may be exchanged for spaces that count for nothing', encoded('e+v+a+l+('), true],
  ['an escape behind the step', encoded('%65val('), true],
  ['an escape of the other step', encoded('\\x65val('), true],
  ['a percent sign before something else', encoded('100 %xy, 5 %4'), false],
  ['a backslash before something else', encoded('c:\\dir'), false],
])('%s: %s', (_, text, isAdmitted) => {
  expect(admits(text)).toBe(isAdmitted);
});

it('takes bytes away before it decodes', () => {
  const spaced = [...encoded('eval(1)')].join(' ');
  expect(admits(spaced)).toBe(false);
  expect(admits(spaced, ' ')).toBe(true);
});

it('admits any text longer than SCREENED_BYTES_MAX', () => {
  expect(admits('a'.repeat(SCREENED_BYTES_MAX))).toBe(false);
  expect(admits('a'.repeat(SCREENED_BYTES_MAX + 1))).toBe(true);
});

it('is not made where a step behind may do anything, or an entry waits for nothing that is left', () => {
  const screens = new BranchScreens();
  const reverse: ChainStep = { ...base64, key: 'reverse', erases: false };
  expect(screens.of(base64, '', [], [{ step: reverse, afterDrops: false }])).toBeUndefined();
  expect(screens.of(base64, '', [new Set(['+'])], behind)).toBeUndefined();
  expect(screens.of(stepOf(url_decode_uni), '', [], [])).toBeUndefined();
});

it('is one for equal demands and remembers what it said of a text', () => {
  const screens = new BranchScreens();
  const screen = screens.of(base64, '', [new Set(['eval('])], behind);
  expect(screens.of(base64, '', [new Set(['eval('])], [...behind].reverse())).toBe(screen);
  expect(screen?.admits(encoded('eval('), 1, 0)).toBe(true);
  expect(screen?.admits('other', 1, 0)).toBe(true);
  expect(screen?.admits('other', 1, 1)).toBe(false);
});
