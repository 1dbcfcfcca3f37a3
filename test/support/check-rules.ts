// Rule files as tests have them: texts in, a checked policy and diagnostics out, on a day that never changes.
import { checkProgram } from '../../src/dsl/checker/check-program.ts';
import type { CheckOptions } from '../../src/dsl/checker/check-program.ts';
import type { CheckedPolicy } from '../../src/dsl/checked.ts';
import type { Diagnostic } from '../../src/dsl/diagnostics/diagnostic.ts';
import { renderText } from '../../src/dsl/diagnostics/render-text.ts';
import { parseFile } from '../../src/dsl/parser.ts';
import { createSource } from '../../src/dsl/source.ts';
import { analyseForChecker } from '../../src/compiler/regex-analyser.ts';

/** The day on which all rules of the tests are checked. */
export const TODAY = '2026-11-21';

export interface RuleText {
  readonly path: string;
  readonly text: string;
}

export interface Checked {
  readonly policy: CheckedPolicy | null;
  /** Of the parser, then of the checker. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Parses and checks files together. */
export function checkFiles(files: readonly RuleText[], options: Partial<CheckOptions> = {}): Checked {
  const parsed = files.map(({ path, text }) => parseFile(createSource(path, text)));
  const checked = checkProgram(
    parsed.map(({ file }) => file),
    { regex: analyseForChecker, today: TODAY, ...options },
  );
  const syntax = parsed.flatMap(({ diagnostics }) => diagnostics);
  return {
    policy: syntax.some((found) => found.severity === 'error') ? null : checked.policy,
    diagnostics: [...syntax, ...checked.diagnostics],
  };
}

/** Parses and checks one file without its first line; the policy is put in if the text has none. */
export function checkText(text: string, options: Partial<CheckOptions> = {}): Checked {
  const policy = /^policy /m.test(text) ? '' : 'policy "test" { mode enforce }\n';
  return checkFiles([{ path: 'test.ward', text: `language 1\n${policy}${text}` }], options);
}

/** The checked policy of a text that must have no mistake. */
export function policyOf(text: string, options: Partial<CheckOptions> = {}): CheckedPolicy {
  const { policy, diagnostics } = checkText(text, options);
  if (policy === null) throw new Error(renderText(diagnostics, { colour: false }));
  return policy;
}
