/**
 * Regexes of the language: analysis without RE2, and compiled programs.
 *
 * A regex is a JavaScript string whose characters beyond ASCII stand for their UTF-8 bytes; the text it searches is
 * latin1, one character per byte.
 */
import { REGEX_INSTRUCTIONS_MAX } from '../core/limits.ts';
import { ByteSet } from './byte-set.ts';
import { bestClause, factsOf } from './literals.ts';
import { Re2Program } from './re2-adapter.ts';
import { instructionCount, matchesNothing, maxLength, minLength } from './regex-ast.ts';
import { RegexSyntaxError } from './regex-error.ts';
import { type ParsedRegex, parseRegex } from './regex-parser.ts';
import { printRegex } from './regex-printer.ts';

export { RegexSyntaxError } from './regex-error.ts';

export interface RegexInfo {
  readonly source: string;
  readonly flags: string;
  /** Capture groups, the whole match not counted. */
  readonly groups: number;
  /** Names in order of their groups. */
  readonly groupNames: readonly string[];
  /** A match may have no bytes although the text has some: it says nothing about a text. */
  readonly matchesEmpty: boolean;
  /** Bytes of the shortest match. */
  readonly minLength: number;
  /** Bytes of the longest match, or `Infinity`. */
  readonly maxLength: number;
  /**
   * Latin1, lower-case: in the ASCII lower case of any matching text at least one of them occurs, within the match.
   * Empty when none are known.
   */
  readonly requiredLiterals: readonly string[];
}

/** One match; group 0 is the whole of it, group numbers beyond the regex are as groups that took no part. */
export interface RegexMatch {
  /** First byte of group n, or -1. */
  start(n: number): number;
  /** Byte behind group n, or -1. */
  end(n: number): number;
  /** Latin1 text of group n. */
  text(n: number): string | undefined;
  /** Latin1 text of the group of that name. */
  named(name: string): string | undefined;
}

/** A compiled regex; searching is linear in the text. Safe to share, it keeps no state between calls. */
export interface CompiledRegex {
  readonly info: RegexInfo;
  test(text: string): boolean;
  /** The leftmost match with RE2's (Perl's) preferences. */
  exec(text: string): RegexMatch | null;
  /** Spans [start, end) of all non-overlapping matches, at most `max`. */
  findAll(text: string, max: number): readonly (readonly [number, number])[];
}

/** Parses without RE2. Flags: `i` folds ASCII, `m` anchors at lines, `s` is always on. @throws RegexSyntaxError */
export function analyseRegex(source: string, flags: string): RegexInfo {
  return infoOf(source, flags, parseBounded(source, flags));
}

/** @throws RegexSyntaxError, also when the program would be too large or RE2 refuses it. */
export function compileRegex(source: string, flags: string): CompiledRegex {
  const parsed = parseBounded(source, flags);
  let program: Re2Program;
  try {
    program = new Re2Program(printRegex(parsed.root));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new RegexSyntaxError(`RE2 refuses the regex: ${reason}`, 0);
  }
  return new Re2Regex(infoOf(source, flags, parsed), parsed, program);
}

function parseBounded(source: string, flags: string): ParsedRegex {
  const parsed = parseRegex(source, flags);
  if (instructionCount(parsed.root) > REGEX_INSTRUCTIONS_MAX) {
    throw new RegexSyntaxError('the compiled regex is too large', 0, 'use smaller repeat counts');
  }
  return parsed;
}

function infoOf(source: string, flags: string, parsed: ParsedRegex): RegexInfo {
  const shortest = minLength(parsed.root);
  const clause = bestClause(factsOf(parsed.root, new ByteSet()));
  return {
    source,
    flags,
    groups: parsed.groups,
    groupNames: parsed.names.filter((name) => name !== undefined),
    matchesEmpty: matchesNothing(parsed.root),
    minLength: shortest,
    maxLength: maxLength(parsed.root),
    requiredLiterals: clause === undefined ? [] : [...clause],
  };
}

class Re2Regex implements CompiledRegex {
  readonly info: RegexInfo;
  readonly #program: Re2Program;
  readonly #indexes = new Map<string, number>();

  constructor(info: RegexInfo, parsed: ParsedRegex, program: Re2Program) {
    this.info = info;
    this.#program = program;
    parsed.names.forEach((name, i) => {
      if (name !== undefined) this.#indexes.set(name, i + 1);
    });
  }

  test(text: string): boolean {
    return this.#program.test(text);
  }

  exec(text: string): RegexMatch | null {
    const spans = this.#program.exec(text);
    return spans === undefined ? null : new SpanMatch(text, spans, this.#indexes);
  }

  findAll(text: string, max: number): [number, number][] {
    return this.#program.findAll(text, max);
  }
}

class SpanMatch implements RegexMatch {
  readonly #text: string;
  readonly #spans: Int32Array;
  readonly #indexes: ReadonlyMap<string, number>;

  constructor(text: string, spans: Int32Array, indexes: ReadonlyMap<string, number>) {
    this.#text = text;
    this.#spans = spans;
    this.#indexes = indexes;
  }

  start(n: number): number {
    return this.#spans[2 * n] ?? -1;
  }

  end(n: number): number {
    return this.#spans[2 * n + 1] ?? -1;
  }

  text(n: number): string | undefined {
    const start = this.start(n);
    return start < 0 ? undefined : this.#text.slice(start, this.end(n));
  }

  named(name: string): string | undefined {
    const index = this.#indexes.get(name);
    return index === undefined ? undefined : this.text(index);
  }
}
