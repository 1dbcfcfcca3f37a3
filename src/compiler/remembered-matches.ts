/**
 * What regexes with capture groups found in texts that come again: values of headers. RE2 takes several microseconds to say
 * where groups are, however short the text.
 */
import { REMEMBERED_MATCHES_MAX, REMEMBERED_MATCH_BYTES_MAX } from '../core/limits.ts';
import type { CompiledRegex, RegexMatch } from '../matcher/regex.ts';
import { ValueCache } from '../matcher/value-cache.ts';
import type { ProgramBuilder } from './program-builder.ts';

interface Memory {
  readonly matches: ValueCache<RegexMatch | null>;
  /** Numbers of the regexes in the cache. */
  readonly numbers: Map<CompiledRegex, number>;
}

const memories = new WeakMap<ProgramBuilder, Memory>();

/** `exec` of the regex, which does not search a short text twice that comes often. All of a program share the places. */
export function rememberingExec(
  builder: ProgramBuilder,
  regex: CompiledRegex,
): (text: string) => RegexMatch | null {
  let memory = memories.get(builder);
  if (memory === undefined) {
    memory = {
      matches: new ValueCache(REMEMBERED_MATCHES_MAX, REMEMBERED_MATCH_BYTES_MAX),
      numbers: new Map(),
    };
    memories.set(builder, memory);
  }
  const { matches, numbers } = memory;
  const number = numbers.get(regex) ?? numbers.size;
  numbers.set(regex, number);
  return (text) => {
    if (text.length > REMEMBERED_MATCH_BYTES_MAX) return regex.exec(text);
    const known = matches.get(number, text);
    if (known !== undefined) return known;
    // A match holds on to its text, which may be a slice of a whole head.
    const match = regex.exec(Buffer.from(text, 'latin1').toString('latin1'));
    matches.offer(number, text, match);
    return match;
  };
}
