/**
 * Reads SecLang files with what they include, and the data files their operators name.
 *
 * This room never touches the file system: a resolver finds files, as the reference engine does relative to the file
 * that names them.
 */
import { SECLANG_DIRECTIVES_MAX, SECLANG_INCLUDE_DEPTH_MAX } from '../core/limits.ts';
import type { Directive, RuleDirective } from './ast.ts';
import { FILE_OPERATORS } from './operators.ts';
import { parseSecLang } from './parser.ts';
import { tooMuch } from './problem.ts';
import type { ReportProblem } from './problem.ts';

/** A file as latin1 text. */
export interface SecLangFile {
  readonly path: string;
  readonly text: string;
}

/** Finds what rules name. Names are as written, relative to the file `from`. */
export interface FileResolver {
  /** The files a path or glob stands for, in order; none if there are none. */
  include(name: string, from: string): readonly SecLangFile[];
  data(name: string, from: string): SecLangFile | undefined;
}

/** Entries of a data file in order, latin1, trimmed, without comments and blank lines. */
export interface DataFile {
  /** As the rule names it. */
  readonly name: string;
  readonly entries: readonly string[];
}

export interface SecLangSources {
  readonly directives: readonly Directive[];
  /** By the path of the rule file and the name, see `dataKey`. */
  readonly data: ReadonlyMap<string, DataFile>;
}

export function dataKey(from: string, name: string): string {
  return `${from}\n${name}`;
}

/**
 * Reads files in order. Missing data files are reported; the translation leaves their rules out.
 * @throws SidecarError W_SECLANG_INVALID beyond SECLANG_DIRECTIVES_MAX
 */
export function readSecLang(
  files: readonly SecLangFile[],
  resolver: FileResolver,
  report: ReportProblem,
): SecLangSources {
  const directives: Directive[] = [];
  const data = new Map<string, DataFile>();
  const visit = (file: SecLangFile, depth: number): void => {
    for (const directive of parseSecLang(file.path, file.text, report)) {
      if (directive.kind !== 'setting' || !/^include(?:optional)?$/i.test(directive.name)) {
        if (directive.kind === 'rule') readData(directive, data, resolver, report);
        if (directives.length >= SECLANG_DIRECTIVES_MAX)
          throw tooMuch(`${file.path}: more than ${SECLANG_DIRECTIVES_MAX} directives`);
        directives.push(directive);
        continue;
      }
      const { place } = directive;
      for (const name of directive.words) {
        const included = resolver.include(name, file.path);
        const reason =
          depth >= SECLANG_INCLUDE_DEPTH_MAX
            ? `files include one another more than ${depth} deep`
            : undefined;
        if (reason !== undefined || (included.length === 0 && /^include$/i.test(directive.name))) {
          report({
            code: 'S012',
            place,
            reason: reason ?? `no file fits ${name}`,
            kept: 'nothing was included',
          });
        } else for (const next of included) visit(next, depth + 1);
      }
    }
  };
  for (const file of files) visit(file, 0);
  return { directives, data };
}

/** Reads the data files of a rule. */
function readData(
  rule: RuleDirective,
  data: Map<string, DataFile>,
  resolver: FileResolver,
  report: ReportProblem,
): void {
  for (const name of dataNames(rule)) {
    const from = rule.place.file;
    const key = dataKey(from, name);
    if (data.has(key)) continue;
    const file = resolver.data(name, from);
    if (file === undefined) {
      report({
        code: 'S013',
        place: rule.place,
        reason: `the data file ${name} is missing`,
        kept: 'the rule is listed as left out',
      });
    } else data.set(key, { name, entries: entriesOf(file.text) });
  }
}

/** The data files an operator names. */
export function dataNames(rule: Pick<RuleDirective, 'operator'>): readonly string[] {
  const { operator } = rule;
  if (operator === undefined || !FILE_OPERATORS.has(operator.name)) return [];
  return operator.argument.split(/\s+/).filter((name) => name !== '');
}

function entriesOf(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}
