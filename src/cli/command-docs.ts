/** `ward docs rules`: the rule book of a rule set, the shipped one or one's own. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Option } from 'commander';
import type { Command } from 'commander';
import { ruleBook } from '../control/rule-book.ts';
import { checkRuleSet } from '../control/rule-set.ts';
import { todayUtc } from '../control/today.ts';
import { EXIT } from './exit-code.ts';
import { loadRules, plural } from './rule-options.ts';
import type { Terminal } from './terminal.ts';

interface DocsOptions {
  readonly config?: string;
  readonly profile?: string;
  readonly out?: string;
  readonly format: 'markdown' | 'json';
}

export function addDocsCommand(program: Command, terminal: Terminal, exit: (code: number) => void): void {
  const docs = program
    .command('docs')
    .summary('write documentation from the rules')
    .description('Writes documentation from the rules.');
  docs
    .command('rules')
    .summary('a page for each rule file')
    .description(
      'Writes the rule book: of each rule what it looks at, how it decodes, what it stops and lets pass, and how to except something.',
    )
    .argument(
      '[paths...]',
      'rule files, directories or globs (default: those of ward.yaml, else the shipped rules)',
    )
    .option('-o, --out <directory>', 'write a file for each page there, instead of all to standard output')
    .option('-c, --config <file>', 'configuration file whose rules are meant')
    .option('--profile <name>', 'profile of the policy')
    .addOption(new Option('--format <format>', 'output').choices(['markdown', 'json']).default('markdown'))
    .addHelpText(
      'after',
      `
Examples:
  ward docs rules
  ward docs rules rules --out docs/rules
  ward docs rules --format json`,
    )
    .action(async (paths: string[], options: DocsOptions) => {
      const { sources, profile } = await loadRules(paths, options);
      const pages = ruleBook(checkRuleSet(sources, { profile, today: todayUtc() }).demand());
      const { out, format } = options;
      if (format === 'json') terminal.out(JSON.stringify({ schema: 1, pages }, null, 2));
      else if (out === undefined)
        terminal.out(
          pages
            .map(({ text }) => text)
            .join('\n')
            .trimEnd(),
        );
      else {
        await mkdir(out, { recursive: true });
        for (const { file, text } of pages) await writeFile(join(out, file), text);
        terminal.note(`${plural(pages.length, 'page')} written to ${out}`);
      }
      exit(EXIT.OK);
    });
}
