/** `ward run`: Ward in front of a service, until it is told to stop. */
import type { Command } from 'commander';
import { runWard } from '../app/run.ts';
import { addSettingFlags, loadFromOptions } from './setting-flags.ts';

export function addRunCommand(program: Command, exit: (code: number) => void): void {
  const command = program
    .command('run')
    .summary('stand in front of a service')
    .description(
      'Stands in front of a service. Flags alone suffice; `ward config print` shows what is in force.',
    );
  addSettingFlags(command)
    .addHelpText(
      'after',
      `
Examples:
  ward run --upstream http://127.0.0.1:3000
  ward run --listen :8080 --upstream unix:/run/app.sock --rules rules/*.ward
  ward run --config ward.yaml --mode monitor

SIGHUP reloads the rules, SIGTERM and Ctrl-C finish what is in flight, a second Ctrl-C does not wait.`,
    )
    .action(async (options: Record<string, unknown>) => {
      const { config } = loadFromOptions(options);
      exit(await runWard(config, { environment: process.env, workingDirectory: process.cwd() }));
    });
}
