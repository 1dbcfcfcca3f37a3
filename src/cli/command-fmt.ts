/** `ward fmt`: the one layout of rule files. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { Diagnostic } from '../dsl/diagnostics/diagnostic.ts';
import { formatFile } from '../dsl/formatter.ts';
import { createSource } from '../dsl/source.ts';
import { EXIT } from './exit-code.ts';
import { addRuleOptions, loadRules, plural, printDiagnostics } from './rule-options.ts';
import type { RuleOptions } from './rule-options.ts';
import type { Terminal } from './terminal.ts';

const STANDARD_INPUT = '-';

export function addFmtCommand(program: Command, terminal: Terminal, exit: (code: number) => void): void {
  const command = program
    .command('fmt')
    .summary('lay out rule files')
    .description(
      'Rewrites rule files in the one layout. `-` reads standard input and writes standard output.',
    );
  addRuleOptions(command, ['text', 'json', 'sarif'])
    .option('--check', 'write nothing; exit 1 if a file would change')
    .addHelpText('after', '\nExamples:\n  ward fmt rules\n  ward fmt --check\n  cat api.ward | ward fmt -')
    .action(async (paths: string[], options: RuleOptions & { check?: boolean }) => {
      if (paths.length === 1 && paths[0] === STANDARD_INPUT) return exit(formatInput(terminal, options));
      return exit(await formatFiles(paths, options, terminal));
    });
}

function formatInput(terminal: Terminal, options: RuleOptions): number {
  const formatted = formatFile(createSource('<stdin>', readFileSync(0, 'utf8')));
  if (hasErrors(formatted.diagnostics)) {
    printDiagnostics(formatted.diagnostics, options.format, terminal);
    return EXIT.FOUND;
  }
  terminal.out(formatted.text.replace(/\n$/, ''));
  return EXIT.OK;
}

async function formatFiles(
  paths: readonly string[],
  options: RuleOptions & { check?: boolean },
  terminal: Terminal,
): Promise<number> {
  const { sources } = await loadRules(paths, options, false);
  const broken: Diagnostic[] = [];
  const changed: string[] = [];
  for (const file of sources.files) {
    const { text, diagnostics } = formatFile(createSource(file.path, file.text));
    if (hasErrors(diagnostics)) broken.push(...diagnostics);
    else if (text !== file.text) {
      changed.push(file.path);
      if (options.check !== true) writeFileSync(file.absolutePath, text);
    }
  }
  printDiagnostics(broken, options.format, terminal);
  const did = options.check === true ? 'would change' : 'changed';
  for (const path of changed) terminal.note(`${did} ${path}`);
  terminal.note(`${plural(sources.files.length, 'file')}, ${changed.length} ${did}`);
  const isWrong = broken.length > 0 || (options.check === true && changed.length > 0);
  return isWrong ? EXIT.FOUND : EXIT.OK;
}

function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((found) => found.severity === 'error');
}
