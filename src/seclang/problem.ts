/** What is wrong with SecLang text: where, why, and what was done about it. */
import { SidecarError } from '../core/errors.ts';
import { EXCERPT_COLUMNS_MAX, SECLANG_PROBLEMS_MAX } from '../core/limits.ts';
import type { Place } from './ast.ts';
import type { SecLangCode } from './codes.ts';

export interface Problem {
  readonly code: SecLangCode;
  readonly place: Place;
  readonly reason: string;
  /** What became of the directive: `the rule was left out`. */
  readonly kept: string;
}

/** Takes problems as they are found. The strict one throws. */
export type ReportProblem = (problem: Problem) => void;

/** `rules.conf:7: error[S006]: unknown operator @nope`. */
export function renderProblem({ code, place, reason }: Problem): string {
  return visible(`${place.file}:${place.line}: error[${code}]: ${reason}`);
}

/** Without control characters: files may hold anything, and terminals obey them. */
export function visible(line: string): string {
  return line.replace(
    /[\x00-\x1f\x7f-\x9f]/g,
    (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

/** The first problem of a strict reading. */
export class SecLangError extends SidecarError {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super('W_SECLANG_INVALID', renderProblem(problem), {
      source: 'configuration',
      hint: 'without --strict the import goes on and lists what it left out',
    });
    this.name = 'SecLangError';
    this.problem = problem;
  }
}

/** More than a reading takes: files that are no SecLang, or no work of people. @throws SidecarError */
export function tooMuch(what: string): SidecarError {
  return new SidecarError('W_SECLANG_INVALID', what, { source: 'configuration' });
}

/**
 * Collects problems, or ends at the first if `strict`. @throws SecLangError, and SidecarError W_SECLANG_INVALID beyond
 * SECLANG_PROBLEMS_MAX
 */
export function problemCollector(problems: Problem[], strict: boolean): ReportProblem {
  return (problem) => {
    if (strict) throw new SecLangError(problem);
    if (problems.length >= SECLANG_PROBLEMS_MAX) {
      const { file, line } = problem.place;
      throw tooMuch(`${file}:${line}: more than ${SECLANG_PROBLEMS_MAX} mistakes; are these SecLang files?`);
    }
    problems.push(problem);
  };
}

/** Inside one directive: a mistake that makes the directive unusable. Caught where directives are read. */
export class DirectiveMistake extends Error {
  readonly code: SecLangCode;

  /** `reason` may quote the file: it is cut. */
  constructor(code: SecLangCode, reason: string) {
    super(reason.length > EXCERPT_COLUMNS_MAX ? `${reason.slice(0, EXCERPT_COLUMNS_MAX - 1)}…` : reason);
    this.code = code;
  }
}
