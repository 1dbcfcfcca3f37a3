/** Imports SecLang from the disk with what this build of Ward knows: its steps and its regexes. */
import { analyseForChecker } from '../compiler/regex-analyser.ts';
import { TRANSFORMATIONS } from '../http/transform/registry.ts';
import { importSecLang } from '../seclang/import.ts';
import type { Imported, ImportOptions } from '../seclang/import.ts';
import { findSecLang, resolveOnDisk } from './seclang-files.ts';

const STEPS: ReadonlySet<string> = new Set(TRANSFORMATIONS.keys());

/**
 * Paths are files or directories, settings first.
 * @throws SidecarError W_RULES_UNREADABLE for what cannot be read, W_SECLANG_INVALID as `importSecLang` says
 */
export function importFromDisk(
  paths: readonly string[],
  workingDirectory: string,
  options: Omit<ImportOptions, 'steps' | 'regex'>,
): Imported {
  const files = findSecLang(paths, workingDirectory);
  return importSecLang(files, resolveOnDisk(workingDirectory), {
    ...options,
    steps: STEPS,
    regex: analyseForChecker,
  });
}
