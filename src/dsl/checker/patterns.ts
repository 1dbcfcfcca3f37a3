/** Patterns: their syntax (E101), whether they match nothing at all (E102), and what they must contain. */
import type { Identifier, RegexLiteral } from '../ast-expression.ts';
import type { PatternUse } from '../checked-condition.ts';
import type { Span } from '../source.ts';
import type { Context } from './context.ts';
import type { RegexAnalysis } from './options.ts';

export interface CheckedPattern {
  readonly use: PatternUse;
  readonly analysis: RegexAnalysis;
}

/** A regex literal, or undefined after a diagnostic. `anchored` patterns (`matching`, keys of `except`) may be empty. */
export function checkRegex(
  context: Context,
  regex: RegexLiteral,
  name?: string,
  anchored = false,
): CheckedPattern | undefined {
  const source = regex.pattern.replaceAll('\\/', '/');
  const analysis = context.options.regex(source, regex.flags);
  if (analysis.error !== undefined) {
    const { message, offset, hint } = analysis.error;
    const details = hint === undefined ? {} : { help: hint };
    context.report('E101', placeIn(regex, offset), message, details);
    return undefined;
  }
  if (analysis.matchesEmpty && !anchored) {
    context.report('E102', regex.span, 'this pattern matches the empty string, so it matches every text', {
      help: 'require at least one character, or anchor it at both ends with `^` and `$`',
    });
    return undefined;
  }
  return { use: { name, source, flags: regex.flags, span: regex.span }, analysis };
}

/** The character of the source behind `offset` characters of the pattern with `\/` undone. */
function placeIn(regex: RegexLiteral, offset: number): Span {
  const { pattern } = regex;
  let at = 0;
  for (let seen = 0; seen < offset && at < pattern.length; seen++) {
    at += pattern.startsWith('\\/', at) ? 2 : 1;
  }
  const start = Math.min(regex.span.start + 1 + at, regex.span.end - 1);
  return { source: regex.span.source, start, end: Math.min(start + 1, regex.span.end) };
}

/** A regex literal or the name of a `pattern`, or undefined after a diagnostic. */
export function checkPatternUse(
  context: Context,
  pattern: RegexLiteral | Identifier,
): CheckedPattern | undefined {
  if (pattern.kind === 'RegexLiteral') return checkRegex(context, pattern);
  const declared = context.names.find(pattern.name, 'Pattern');
  if (declared === undefined) {
    const cure = context.cureFor(pattern.name, context.names.namesOf('Pattern'));
    context.report('E206', pattern.span, `no pattern \`${pattern.name}\` is declared`, cure);
    return undefined;
  }
  const checked = context.muted(() => checkRegex(context, declared.regex, pattern.name));
  return checked === undefined ? undefined : { ...checked, use: { ...checked.use, span: pattern.span } };
}

/**
 * A letter of that case which every match contains, or undefined if none is certain. Conservative: alternations,
 * groups, classes and repeated characters are passed over.
 */
export function requiredLetter(use: PatternUse, letters: RegExp): string | undefined {
  const { source } = use;
  if (use.flags.includes('i') || source.includes('|') || source.includes('(?')) return undefined;
  for (let at = 0, depth = 0, inClass = false; at < source.length; at++) {
    const char = source[at];
    if (char === '\\') at += /[pPQx]/.test(source[at + 1] ?? '') ? source.length : 1;
    else if (inClass) inClass = char !== ']';
    else if (char === '[') {
      inClass = true;
      if (source[at + 1] === '^') at++;
      if (source[at + 1] === ']') at++;
    } else if (char === '(') depth++;
    else if (char === ')') depth--;
    else if (depth === 0 && letters.test(char) && !/[*?{]/.test(source[at + 1] ?? '')) return char;
  }
  return undefined;
}
