/**
 * Reads everything a rule set is made of: the files named, what they import, and the list files they name. The
 * result is plain text, so that every worker compiles the very same bytes.
 */
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { systemClock } from '../core/clock.ts';
import type { Clock } from '../core/clock.ts';
import { SidecarError } from '../core/errors.ts';
import { fileFault } from '../core/file-fault.ts';
import { INCLUDE_FILES_MAX, LIST_ENTRIES_MAX, SOURCE_BYTES_MAX } from '../core/limits.ts';
import type { File, Import, List } from '../dsl/ast.ts';
import { parseFile } from '../dsl/parser.ts';
import { createSource } from '../dsl/source.ts';
import { expandGlob, isGlob } from './glob.ts';
import type { ListFile, RuleFile, SecLangReading } from './rule-file.ts';
import { loadSecLang, splitSecLang } from './seclang-source.ts';

export interface RuleSources {
  readonly files: readonly RuleFile[];
  /** By the path as the rule file writes it. */
  readonly lists: ReadonlyMap<string, ListFile>;
  readonly secLang?: SecLangReading;
  /** Lists whose files could not be read and that have their last entries. */
  readonly kept: readonly string[];
  /** Those of them that say `require` and are older than twice their refresh: `in` is unknown. */
  readonly stale: readonly string[];
}

export interface SourceRequest {
  /** Paths, directories and globs. */
  readonly paths: readonly string[];
  readonly workingDirectory: string;
  /** The sources in force: a list whose file cannot be read any more keeps these entries. */
  readonly previous?: RuleSources;
  /** False: only the files named, without what they import and without lists. */
  readonly followImports?: boolean;
  readonly clock?: Clock;
}

/** The rules that come with Ward: beside `dist` in the package, beside `src` in the repository. */
export const SHIPPED_RULES_DIRECTORY = resolve(import.meta.dirname, '../../rules');

/** `ward:sqli.ward` in a path or an import is a shipped file, wherever the package is installed. */
export const SHIPPED_PREFIX = 'ward:';

/** The policy of a Ward that is given none; imported by its name only. */
const SHIPPED_POLICY = 'policy.ward';

const LIST_LINE_BYTES_MAX = 16; // mean bytes of a line that the size check allows for

/**
 * @throws SidecarError W_RULES_UNREADABLE, naming the file and who asked for it. A path without files is an error:
 * an empty rule set by a slip of the pen would let everything through.
 */
export async function loadRuleSources(request: SourceRequest): Promise<RuleSources> {
  const files = new Map<string, RuleFile>();
  const lists = new Map<string, ListFile>();
  const nowMs = (request.clock ?? systemClock).now();
  const queue: { path: string; asked: string }[] = [];
  const { ward, secLang } = splitSecLang(request.paths);
  let hasPolicy = false;
  for (const path of ward) {
    for (const found of await expand(locate(request.workingDirectory, path), path)) {
      queue.push({ path: found, asked: path });
    }
  }
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    if (files.has(next.path)) continue;
    if (files.size >= INCLUDE_FILES_MAX)
      throw unreadable(`more than ${INCLUDE_FILES_MAX} rule files`, undefined);
    const text = await readText(next.path, next.asked);
    const shown = shownPath(next.path, request.workingDirectory);
    files.set(next.path, { path: shown, absolutePath: next.path, text });
    if (request.followImports === false) continue;
    const { file } = parseFile(createSource(shown, text));
    hasPolicy ||= file.items.some((item) => item.kind === 'Policy');
    const base = dirname(next.path);
    for (const imported of importsOf(file)) {
      const asked = `${imported} (imported by ${shown})`;
      const found = await expand(locate(base, imported), asked);
      for (const path of withoutShippedPolicy(imported, found)) queue.push({ path, asked });
    }
    for (const list of listsOf(file))
      await addList(lists, list, { base, shown, nowMs, previous: request.previous });
  }
  const imported =
    secLang === undefined ? undefined : loadSecLang(secLang, request.workingDirectory, !hasPolicy, nowMs);
  for (const [written, list] of imported?.lists ?? []) {
    if (lists.has(written)) throw unreadable(`"${written}" is a list of the SecLang rules, too`, undefined);
    lists.set(written, list);
  }
  const kept = [...lists.values()].filter((list) => list.readAtMs < nowMs);
  return {
    files: [...files.values(), ...(imported?.files ?? [])],
    lists,
    ...(imported === undefined ? {} : { secLang: imported.reading }),
    kept: kept.map((list) => list.name),
    stale: kept.filter((list) => isStale(list, nowMs)).map((list) => list.name),
  };
}

/** Paths, as shown, of shipped files beside others: whoever imports them did not write them. Alone they are what is meant. */
export function importedShipped({ files }: RuleSources): ReadonlySet<string> {
  const shipped = files.filter(({ absolutePath }) => dirname(absolutePath) === SHIPPED_RULES_DIRECTORY);
  return new Set(shipped.length === files.length ? [] : shipped.map(({ path }) => path));
}

function locate(base: string, path: string): string {
  if (!path.startsWith(SHIPPED_PREFIX)) return resolve(base, path);
  return join(SHIPPED_RULES_DIRECTORY, path.slice(SHIPPED_PREFIX.length));
}

/** What a glob such as `ward:*` brings: the rules. Who imports them has a policy, and a second one would be E309. */
function withoutShippedPolicy(imported: string, found: readonly string[]): readonly string[] {
  if (!imported.startsWith(SHIPPED_PREFIX) || !isGlob(imported)) return found;
  return found.filter((path) => basename(path) !== SHIPPED_POLICY);
}

async function expand(absolutePath: string, asked: string): Promise<readonly string[]> {
  if (isGlob(absolutePath)) {
    const found = (await expandGlob(absolutePath)).filter((path) => path.endsWith('.ward'));
    if (found.length === 0) throw unreadable(`no rule file fits ${asked}`, undefined);
    return found;
  }
  const status = await stat(absolutePath).catch(() => undefined);
  if (status?.isDirectory() !== true) return [absolutePath];
  return expand(join(absolutePath, '*.ward'), `*.ward in the directory ${asked}`);
}

async function readText(path: string, asked: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > SOURCE_BYTES_MAX) throw new Error(`it has more than ${SOURCE_BYTES_MAX} bytes`);
    return await readFile(path, 'utf8');
  } catch (error) {
    throw unreadable(`cannot read the rule file ${asked}: ${fileFault(error)}`, error);
  }
}

/** LANGUAGE: `require` makes `in` unknown once the list is older than twice `refresh`. */
function isStale(list: ListFile, nowMs: number): boolean {
  return list.whenStale === 'require' && nowMs - list.readAtMs > 2 * (list.refreshMs ?? Infinity);
}

interface ListRequest {
  readonly base: string;
  /** The rule file that declares the list. */
  readonly shown: string;
  readonly nowMs: number;
  readonly previous: RuleSources | undefined;
}

async function addList(lists: Map<string, ListFile>, list: List, request: ListRequest): Promise<void> {
  if (list.from === undefined) return;
  const written = list.from.value;
  const absolutePath = resolve(request.base, written);
  const known = lists.get(written);
  if (known !== undefined) {
    if (known.absolutePath === absolutePath) return;
    const both = `${known.absolutePath} and ${absolutePath}`;
    throw unreadable(`"${written}" names two files, ${both}: write one of them differently`, undefined);
  }
  const declared = {
    name: list.name.name,
    absolutePath,
    refreshMs: list.refresh === undefined ? undefined : list.refresh.interval.value / 1_000,
    whenStale: list.refresh?.whenStale ?? ('keep_last' as const),
  };
  const before = request.previous?.lists.get(written);
  try {
    const lines = await readListLines(absolutePath, `${written} (list ${declared.name} in ${request.shown})`);
    lists.set(written, { ...declared, lines, readAtMs: request.nowMs });
  } catch (error) {
    if (before?.absolutePath !== absolutePath) throw error;
    lists.set(written, { ...declared, lines: before.lines, readAtMs: before.readAtMs });
  }
}

/** One entry a line; `#` begins a comment line. */
async function readListLines(path: string, asked: string): Promise<readonly string[]> {
  try {
    const { size } = await stat(path);
    if (size > LIST_ENTRIES_MAX * LIST_LINE_BYTES_MAX) throw new Error('it is too large');
    const lines = (await readFile(path, 'latin1')).split('\n').map((line) => line.trim());
    const entries = lines.filter((line) => line !== '' && !line.startsWith('#'));
    if (entries.length > LIST_ENTRIES_MAX) throw new Error(`it has more than ${LIST_ENTRIES_MAX} entries`);
    return entries;
  } catch (error) {
    throw unreadable(`cannot read the list file ${asked}: ${fileFault(error)}`, error);
  }
}

function importsOf(file: File): readonly string[] {
  return file.items.filter((item): item is Import => item.kind === 'Import').map((item) => item.path.value);
}

function listsOf(file: File): readonly List[] {
  return file.items.filter((item): item is List => item.kind === 'List');
}

function shownPath(path: string, workingDirectory: string): string {
  const shown = relative(workingDirectory, path);
  return shown.startsWith('..') || isAbsolute(shown) ? path : shown;
}

function unreadable(message: string, cause: unknown): SidecarError {
  return new SidecarError('W_RULES_UNREADABLE', message, { source: 'configuration', cause });
}
