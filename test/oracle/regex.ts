/** Compiled patterns, kept for the run: compiling is no part of what the oracle checks. */
import { compileRegex } from '../../src/matcher/regex.ts';
import type { CompiledRegex } from '../../src/matcher/regex.ts';

const known = new Map<string, CompiledRegex>();

export function regexOf({
  source,
  flags,
}: {
  readonly source: string;
  readonly flags: string;
}): CompiledRegex {
  const key = `${flags}/${source}`;
  const regex = known.get(key) ?? compileRegex(source, flags);
  known.set(key, regex);
  return regex;
}
