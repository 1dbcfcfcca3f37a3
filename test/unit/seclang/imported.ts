/** Imports small SecLang texts for the tests of this folder. */
import { analyseForChecker } from '../../../src/compiler/regex-analyser.ts';
import { TRANSFORMATIONS } from '../../../src/http/transform/registry.ts';
import { importSecLang } from '../../../src/seclang/import.ts';
import type { Imported, ImportOptions } from '../../../src/seclang/import.ts';
import type { FileResolver } from '../../../src/seclang/reader.ts';

/** Files by name; `rules.conf` is where the import begins. */
export function importTexts(
  texts: Readonly<Record<string, string>>,
  options: Partial<ImportOptions> = {},
): Imported {
  const file = (name: string) => (texts[name] === undefined ? undefined : { path: name, text: texts[name] });
  const resolver: FileResolver = {
    include: (name) => [file(name) ?? []].flat(),
    data: (name) => file(name),
  };
  return importSecLang([{ path: 'rules.conf', text: texts['rules.conf'] }], resolver, {
    name: 'test',
    exact: false,
    strict: false,
    steps: new Set(TRANSFORMATIONS.keys()),
    regex: analyseForChecker,
    ...options,
  });
}

/** The rule file of one text, without its first lines and with blanks made one. */
export function ruleText(text: string, options: Partial<ImportOptions> = {}): string {
  const { files } = importTexts({ 'rules.conf': text }, options);
  return (files.get('rules_rules.ward') ?? files.get('rules.ward') ?? '')
    .replace(/\s+/g, ' ')
    .replace('language 1 ', '')
    .trim();
}

/** What stands behind `when` in the only rule of a text. */
export function condition(text: string, options: Partial<ImportOptions> = {}): string {
  return (
    / when (.*?) then /.exec(ruleText(text, options))?.[1] ?? `nothing: ${outcomes(text, options).join('; ')}`
  );
}

/** `id outcome text` for every rule. */
export function outcomes(text: string, options: Partial<ImportOptions> = {}): readonly string[] {
  const { report } = importTexts({ 'rules.conf': text }, options);
  return report.entries.map(({ id, outcome, text: words }) => `${id ?? '-'} ${outcome}: ${words}`);
}
