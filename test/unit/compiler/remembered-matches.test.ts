/** Matches of texts that come again are kept, those of long texts and of other regexes are not mixed in. */
import { expect, test } from 'vitest';
import { rememberingExec } from '../../../src/compiler/remembered-matches.ts';
import type { ProgramBuilder } from '../../../src/compiler/program-builder.ts';
import { REMEMBERED_MATCHES_MAX, REMEMBERED_MATCH_BYTES_MAX } from '../../../src/core/limits.ts';
import { type CompiledRegex, compileRegex } from '../../../src/matcher/regex.ts';

/** Only the identity of a builder counts here. */
const newBuilder = (): ProgramBuilder => ({}) as ProgramBuilder;

function counting(regex: CompiledRegex): { readonly regex: CompiledRegex; readonly searched: string[] } {
  const searched: string[] = [];
  const exec = (text: string) => {
    searched.push(text);
    return regex.exec(text);
  };
  return { regex: { ...regex, info: regex.info, test: (text) => regex.test(text), exec }, searched };
}

test('a text that comes a third time is not searched again, whether it matches or not', () => {
  const { regex, searched } = counting(compileRegex('^https?://(.*?)/', ''));
  const exec = rememberingExec(newBuilder(), regex);
  for (let i = 0; i < 4; i++) {
    expect(exec('https://shop.example/a')?.text(1)).toBe('shop.example');
    expect(exec('about:blank')).toBeNull();
  }
  expect(searched).toHaveLength(4);
});

test('regexes of one program share the places and not what they found', () => {
  const builder = newBuilder();
  const [first, second] = [compileRegex('(a)', ''), compileRegex('(b)', '')];
  const execs = [rememberingExec(builder, first), rememberingExec(builder, second)];
  for (let i = 0; i < 3; i++) expect(execs.map((exec) => exec('ab')?.text(1))).toEqual(['a', 'b']);
});

test('long texts are searched each time', () => {
  const { regex, searched } = counting(compileRegex('(a+)', ''));
  const exec = rememberingExec(newBuilder(), regex);
  const [longest, longer] = [0, 1].map((more) => 'a'.repeat(REMEMBERED_MATCH_BYTES_MAX + more));
  for (let i = 0; i < 4; i++)
    for (const text of [longest, longer]) expect(exec(text)?.end(1)).toBe(text.length);
  expect(searched.filter((text) => text === longest)).toHaveLength(2);
  expect(searched.filter((text) => text === longer)).toHaveLength(4);
});

test('one text more than REMEMBERED_MATCHES_MAX pushes the oldest out', () => {
  const { regex, searched } = counting(compileRegex('(\\d+)', ''));
  const exec = rememberingExec(newBuilder(), regex);
  const searches = (n: number): number => searched.filter((text) => text === `n${n}`).length;
  for (let n = 0; n <= REMEMBERED_MATCHES_MAX; n++)
    for (let i = 0; i < 3; i++) expect(exec(`n${n}`)?.text(1)).toBe(String(n));
  const before = [searches(0), searches(REMEMBERED_MATCHES_MAX)];
  exec(`n${REMEMBERED_MATCHES_MAX}`);
  exec('n0');
  expect([searches(0), searches(REMEMBERED_MATCHES_MAX)]).toEqual([before[0] + 1, before[1]]);
});
