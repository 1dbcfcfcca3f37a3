/** Imports SecLang from the disk with what this build of Ward knows: its steps and its regexes. */
import { analyseForChecker } from '../compiler/regex-analyser.ts';
import { TRANSFORMATIONS } from '../http/transform/registry.ts';
import { importSecLang } from '../seclang/import.ts';
import type { Imported, ImportOptions } from '../seclang/import.ts';
import type { FileResolver, SecLangFile } from '../seclang/reader.ts';
import { findSecLang, resolveOnDisk } from './seclang-files.ts';

const STEPS: ReadonlySet<string> = new Set(TRANSFORMATIONS.keys());

/**
 * Paths are files or directories, settings first; `onRead` hears of each file, data files too.
 * @throws SidecarError W_RULES_UNREADABLE for what cannot be read, W_SECLANG_INVALID as `importSecLang` says
 */
export function importFromDisk(
  paths: readonly string[],
  workingDirectory: string,
  options: Omit<ImportOptions, 'steps' | 'regex'>,
  onRead: (file: SecLangFile) => void = () => undefined,
): Imported {
  const files = findSecLang(paths, workingDirectory);
  files.forEach(onRead);
  return importSecLang(files, telling(resolveOnDisk(workingDirectory), onRead), {
    ...options,
    steps: STEPS,
    regex: analyseForChecker,
  });
}

function telling(resolver: FileResolver, onRead: (file: SecLangFile) => void): FileResolver {
  return {
    include(name, from) {
      const files = resolver.include(name, from);
      files.forEach(onRead);
      return files;
    },
    data(name, from) {
      const file = resolver.data(name, from);
      if (file !== undefined) onRead(file);
      return file;
    },
  };
}
