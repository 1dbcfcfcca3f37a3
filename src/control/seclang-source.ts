/**
 * SecLang among the rule sources: `seclang:DIR` in a list of paths, `{ seclang: DIR }` in ward.yaml. The files are
 * imported in memory whenever rules are loaded, all of them together, as one rule set of the reference engine; nothing is
 * written. A rule set that is not carried whole is refused, since a rule that is silently missing protects nobody, unless
 * the source is marked lenient: then every loss is a notice.
 */
import { basename, dirname, join, resolve } from 'node:path';
import { SidecarError } from '../core/errors.ts';
import { DIAGNOSTICS_MAX } from '../core/limits.ts';
import type { Item } from '../dsl/ast.ts';
import type { Diagnostic } from '../dsl/diagnostics/diagnostic.ts';
import { parseFile } from '../dsl/parser.ts';
import { createSource } from '../dsl/source.ts';
import type { Place } from '../seclang/ast.ts';
import type { Imported } from '../seclang/import.ts';
import { renderProblem } from '../seclang/problem.ts';
import type { Problem } from '../seclang/problem.ts';
import type { ListFile, Origin, RuleFile, SecLangReading } from './rule-file.ts';
import { importFromDisk } from './seclang-import.ts';

const STRICT = 'seclang:';
const LENIENT = 'seclang-lenient:';

/** What the rules have of SecLang. */
export interface SecLangRequest {
  /** In the order given, as written. */
  readonly paths: readonly string[];
  /** One lenient source makes the import lenient, as there is one import. */
  readonly lenient: boolean;
}

/** Parts a list of paths; `secLang` is undefined without any. */
export function splitSecLang(paths: readonly string[]): {
  readonly ward: readonly string[];
  readonly secLang: SecLangRequest | undefined;
} {
  const isSecLang = (path: string): boolean => path.startsWith(STRICT) || path.startsWith(LENIENT);
  const found = paths.filter(isSecLang);
  const lenient = found.some((path) => path.startsWith(LENIENT));
  const named = found.map((path) => path.slice(path.indexOf(':') + 1));
  return {
    ward: paths.filter((path) => !isSecLang(path)),
    secLang: named.length === 0 ? undefined : { paths: named, lenient },
  };
}

export interface SecLangSources {
  readonly files: readonly RuleFile[];
  readonly lists: ReadonlyMap<string, ListFile>;
  readonly reading: SecLangReading;
}

/**
 * Imports. `withPolicy` is false if another file has the policy. CPU: about a second for CRS 4, in one go.
 * @throws SidecarError W_SECLANG_INVALID naming every loss, unless lenient; W_RULES_UNREADABLE
 */
export function loadSecLang(
  request: SecLangRequest,
  workingDirectory: string,
  withPolicy: boolean,
  nowMs: number,
): SecLangSources {
  const read = new Set<string>();
  const options = { name: 'seclang', exact: false, strict: false, withPolicy };
  const imported = importFromDisk(request.paths, workingDirectory, options, (file) => {
    read.add(resolve(workingDirectory, file.path));
  });
  const lost = lossesOf(imported);
  if (lost.length > 0 && !request.lenient) throw refusal(lost);
  const origins = originsOf(imported);
  const [first] = read;
  const directory = dirname(first);
  return {
    files: [...imported.files].map(([name, text]) => ({
      path: `${STRICT}${name}`,
      absolutePath: join(directory, name),
      text,
      origins: itemsOf(name, text).flatMap((item) => {
        const place = 'name' in item ? origins.get(nameOf(item)) : undefined;
        return place === undefined ? [] : [{ start: item.span.start, ...place }];
      }),
    })),
    lists: new Map(imported.lists.map((list) => [list.path, listFile(list, directory, nowMs)])),
    reading: { read: [...read], notices: shortened(lost) },
  };
}

/** Mistakes, then rules left out; one that is both is told once. */
function lossesOf({ report }: Imported): readonly string[] {
  const told = new Set(report.problems.map(({ code, place }) => `${code} ${place.file}:${place.line}`));
  const left = report.entries.flatMap(({ code, place, text }): readonly Problem[] =>
    code === undefined || told.has(`${code} ${place.file}:${place.line}`)
      ? []
      : [{ code, place, reason: text, kept: 'the rule was left out' }],
  );
  return [...report.problems, ...left].map((problem) => `${renderProblem(problem)}; ${problem.kept}`);
}

function shortened(lines: readonly string[]): readonly string[] {
  if (lines.length <= DIAGNOSTICS_MAX) return lines;
  return [...lines.slice(0, DIAGNOSTICS_MAX), `${lines.length - DIAGNOSTICS_MAX} more are not shown`];
}

function refusal(lost: readonly string[]): SidecarError {
  return new SidecarError('W_SECLANG_INVALID', shortened(lost).join('\n'), {
    source: 'configuration',
    hint: 'to run without these rules, write `{ seclang: DIR, lenient: true }` (or seclang-lenient:DIR)',
  });
}

/** Where rules and functions of the result come from, by their names. */
function originsOf({ report }: Imported): ReadonlyMap<string, Place> {
  const origins = new Map<string, Place>();
  for (const { outcome, id, place, text } of report.entries) {
    if (outcome === 'carried') origins.set(text, place);
    if (id !== undefined) origins.set(`skipped_by_${id}`, place);
  }
  return origins;
}

function itemsOf(path: string, text: string): readonly Item[] {
  return parseFile(createSource(path, text)).file.items;
}

function nameOf(item: Extract<Item, { readonly name: unknown }>): string {
  const { name } = item;
  if (name.kind === 'Identifier') return name.name;
  return name.kind === 'Name' ? name.text : name.value;
}

function listFile(list: Imported['lists'][number], directory: string, nowMs: number): ListFile {
  return {
    name: list.path,
    absolutePath: join(directory, basename(list.path)), // the folder `lists` exists in the text alone
    lines: list.entries,
    refreshMs: undefined,
    whenStale: 'keep_last',
    readAtMs: nowMs,
  };
}

/** Diagnostics of generated text, told of the line of SecLang that the text was made from. */
export function atOrigins(
  diagnostics: readonly Diagnostic[],
  files: readonly RuleFile[],
): readonly Diagnostic[] {
  const origins = new Map(
    files.flatMap(({ path, origins = [] }) => (origins.length > 0 ? [[path, origins]] : [])),
  );
  if (origins.size === 0) return diagnostics;
  return diagnostics.map((found) => {
    const before = (origins.get(found.span.source.path) ?? []).filter(
      ({ start }) => start <= found.span.start,
    );
    const origin: Origin | undefined = before.at(-1);
    if (origin === undefined) return found;
    const { code, severity, message, help } = found;
    const source = createSource(origin.file, '\n'.repeat(origin.line - 1));
    const at = source.lineStart(origin.line);
    const span = { source, start: at, end: at };
    return { code, severity, message, span, ...(help === undefined ? {} : { help }) };
  });
}
