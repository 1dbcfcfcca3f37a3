/** Finds SecLang files: what an operator names on the command line, and what rules include. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { SidecarError } from '../core/errors.ts';
import { INCLUDE_FILES_MAX, SOURCE_BYTES_MAX } from '../core/limits.ts';
import type { FileResolver, SecLangFile } from '../seclang/reader.ts';

/** Settings come before the rules that read them. */
const SETUP_FILES = ['crs-setup.conf', 'crs-setup.conf.example'];

/**
 * The files of paths in the order given. A directory stands for its `*.conf` by name; if it is a distribution of CRS,
 * with a setup file and a folder `rules`, for both. @throws SidecarError W_RULES_UNREADABLE
 */
export function findSecLang(paths: readonly string[], workingDirectory: string): readonly SecLangFile[] {
  const found = paths.flatMap((path) => {
    const absolute = resolve(workingDirectory, path);
    const files = filesOf(absolute);
    if (files.length === 0) throw unreadable(`there are no SecLang files at ${path}`);
    return files;
  });
  if (found.length > INCLUDE_FILES_MAX) throw unreadable(`more than ${INCLUDE_FILES_MAX} SecLang files`);
  return found.map((path) => read(path, workingDirectory));
}

function filesOf(path: string): readonly string[] {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status === undefined) return [];
  if (!status.isDirectory()) return [path];
  const setup = SETUP_FILES.map((name) => join(path, name)).find((file) => isFile(file));
  const rules = join(path, 'rules');
  const folder = statSync(rules, { throwIfNoEntry: false })?.isDirectory() === true ? rules : path;
  const named = matching(folder, '*.conf').filter((file) => file !== setup);
  return setup === undefined ? named : [setup, ...named];
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** Resolves names relative to the file that holds them; absolute ones as they are. */
export function resolveOnDisk(workingDirectory: string): FileResolver {
  let included = 0;
  return {
    include(name, from) {
      const path = resolve(workingDirectory, dirname(from), name);
      const files = /[*?]/.test(basename(path)) ? matching(dirname(path), basename(path)) : filesOf(path);
      included += files.length;
      if (included > INCLUDE_FILES_MAX) throw unreadable(`more than ${INCLUDE_FILES_MAX} files are included`);
      return files.map((file) => read(file, workingDirectory));
    },
    data(name, from) {
      const path = resolve(workingDirectory, dirname(from), name);
      return isFile(path) ? read(path, workingDirectory) : undefined;
    },
  };
}

/** Files of a folder whose names fit a pattern with `*` and `?`, by name. */
function matching(folder: string, pattern: string): readonly string[] {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  return readdirSync(folder)
    .filter((name) => fits(pattern, name))
    .sort()
    .map((name) => join(folder, name));
}

/** O(pattern × name) at the most: `*` gives back only to the last one. */
function fits(pattern: string, name: string): boolean {
  let [at, star, kept] = [0, -1, 0];
  for (let i = 0; i < name.length; ) {
    if (pattern[at] === '*') {
      star = at++;
      kept = i;
    } else if (pattern[at] === '?' || pattern[at] === name[i]) {
      at++;
      i++;
    } else if (star >= 0) {
      at = star + 1;
      i = ++kept;
    } else return false;
  }
  while (pattern[at] === '*') at++;
  return at === pattern.length;
}

function read(path: string, workingDirectory: string): SecLangFile {
  const shown = relative(workingDirectory, path);
  const { size } = statSync(path);
  if (size > SOURCE_BYTES_MAX) throw unreadable(`${shown} has more than ${SOURCE_BYTES_MAX} bytes`);
  return { path: shown.startsWith('..') ? path : shown, text: readFileSync(path, 'latin1') };
}

function unreadable(message: string): SidecarError {
  return new SidecarError('W_RULES_UNREADABLE', message, { source: 'configuration' });
}
