/** What is wrong with SecLang text: where, why, and what was done about it. */
import { SidecarError } from '../core/errors.ts';
import type { Place } from './ast.ts';

export interface Problem {
  readonly place: Place;
  readonly reason: string;
  /** What became of the directive: `the rule was left out`. */
  readonly kept: string;
}

/** Takes problems as they are found. The strict one throws. */
export type ReportProblem = (problem: Problem) => void;

/** The first problem of a strict reading. */
export class SecLangError extends SidecarError {
  readonly problem: Problem;

  constructor(problem: Problem) {
    const { file, line } = problem.place;
    super('W_SECLANG_INVALID', `${file}:${line}: ${problem.reason}`, {
      source: 'configuration',
      hint: 'without --strict the import goes on and lists what it left out',
    });
    this.name = 'SecLangError';
    this.problem = problem;
  }
}

/** Inside one directive: a mistake that makes the directive unusable. Caught where directives are read. */
export class DirectiveMistake extends Error {}
