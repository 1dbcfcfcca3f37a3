/** The checker's regex port on the matcher: a regex outside the language is an answer here, not an exception. */
import type { RegexAnalyser } from '../dsl/checker/options.ts';
import { analyseRegex, RegexSyntaxError } from '../matcher/regex.ts';

export const analyseForChecker: RegexAnalyser = (source, flags) => {
  try {
    return analyseRegex(source, flags);
  } catch (error) {
    if (!(error instanceof RegexSyntaxError)) throw error;
    const { message, offset, hint } = error;
    return {
      groups: 0,
      groupNames: [],
      matchesEmpty: false,
      minLength: 0,
      maxLength: 0,
      error: hint === undefined ? { message, offset } : { message, offset, hint },
    };
  }
};
