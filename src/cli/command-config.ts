/** `ward config print` and `ward config schema`: what is in force and why, and what could be. */
import type { Command } from 'commander';
import { renderEffective, renderJsonSchema, shownValue } from '../config/reference.ts';
import { EXIT } from './exit-code.ts';
import { addSettingFlags, loadFromOptions } from './setting-flags.ts';
import type { Terminal } from './terminal.ts';

export function addConfigCommand(program: Command, terminal: Terminal, exit: (code: number) => void): void {
  const config = program
    .command('config')
    .summary('show the configuration')
    .description('Shows the configuration.');
  const print = config
    .command('print')
    .description('Prints every setting in force and where it came from.')
    .option('--format <format>', 'text (YAML with comments) or json', 'text');
  addSettingFlags(print)
    .addHelpText('after', '\nExample:\n  ward config print --config ward.yaml --listen :80')
    .action((options: Record<string, unknown>) => {
      const { effective } = loadFromOptions(options);
      const settings = effective.map(({ path, value, source }) => ({
        path: path.join('.'),
        value: value === undefined ? undefined : shownValue(value),
        source,
      }));
      const asJson = options.format === 'json';
      terminal.out(asJson ? JSON.stringify(settings, null, 2) : renderEffective(effective).trimEnd());
      exit(EXIT.OK);
    });
  config
    .command('schema')
    .description('Prints the JSON Schema of ward.yaml, for editors.')
    .action(() => {
      terminal.out(renderJsonSchema().trimEnd());
      exit(EXIT.OK);
    });
}
