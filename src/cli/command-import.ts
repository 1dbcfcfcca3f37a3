/** `ward import seclang`: rules of ModSecurity become rules of Ward. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { importFromDisk } from '../control/seclang-import.ts';
import type { Imported } from '../seclang/import.ts';
import { countOutcomes, renderReport } from '../seclang/report.ts';
import { EXIT } from './exit-code.ts';
import { plural } from './rule-options.ts';
import type { Terminal } from './terminal.ts';

interface ImportFlags {
  readonly output: string;
  readonly name: string;
  readonly exact?: boolean;
  readonly strict?: boolean;
  readonly force?: boolean;
  readonly verbose?: boolean;
  readonly format: 'text' | 'json';
}

export function addImportCommand(program: Command, terminal: Terminal, exit: (code: number) => void): void {
  const command = program
    .command('import')
    .summary('bring rules of other engines')
    .description('Brings rules written for other engines.');
  command
    .command('seclang')
    .summary('import ModSecurity rules, such as OWASP CRS')
    .description(
      'Turns SecLang files into .ward files: one per file, a policy and lists. Every rule that is not carried is listed with its reason.',
    )
    .argument('<paths...>', 'SecLang files or directories, settings first')
    .requiredOption('-o, --output <directory>', 'where the rule files go')
    .option('--name <name>', 'name of the policy', 'imported')
    .option('--exact', 'arguments and limits as in the engine the rules were written for')
    .option('--strict', 'stop at the first mistake, and at the first rule that cannot be carried')
    .option('--force', 'write into a directory that is not empty')
    .option('--verbose', 'list what was carried, too')
    .addOption(new Option('--format <format>', 'of the report').choices(['text', 'json']).default('text'))
    .addHelpText(
      'after',
      '\nExamples:\n  ward import seclang coreruleset -o rules/crs\n  ward import seclang crs-setup.conf rules/*.conf -o rules/crs --strict',
    )
    .action((paths: string[], flags: ImportFlags) => {
      demandEmpty(flags);
      const imported = importFromDisk(paths, process.cwd(), {
        name: flags.name,
        exact: flags.exact === true,
        strict: flags.strict === true,
      });
      write(imported, flags.output);
      print(imported, flags, terminal);
      exit(imported.report.problems.length > 0 ? EXIT.FOUND : EXIT.OK);
    });
}

/** Files of an earlier import would stay and be loaded with the new ones. */
function demandEmpty({ output, force }: ImportFlags): void {
  if (force === true) return;
  let names: readonly string[] = [];
  try {
    names = readdirSync(output);
  } catch {
    return; // it is made below
  }
  if (names.length > 0)
    throw new InvalidArgumentError(`${output} is not empty; --force writes into it all the same`);
}

function write(imported: Imported, output: string): void {
  for (const [name, text] of imported.files) writeInto(join(output, name), text, 'utf8');
  for (const { path, entries } of imported.lists) {
    writeInto(join(output, path), `${entries.join('\n')}\n`, 'latin1');
  }
}

function writeInto(path: string, text: string, encoding: BufferEncoding): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, encoding);
}

function print(imported: Imported, flags: ImportFlags, terminal: Terminal): void {
  const { report, files, lists } = imported;
  if (flags.format === 'json') {
    const counts = Object.fromEntries(countOutcomes(report));
    terminal.out(JSON.stringify({ counts, ...report }, null, 2));
    return;
  }
  terminal.out(renderReport(report, flags.verbose === true));
  terminal.note(`${plural(files.size, 'rule file')} and ${plural(lists.length, 'list')} in ${flags.output}`);
}
