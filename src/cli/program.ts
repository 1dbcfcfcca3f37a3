/**
 * The command line: commands, help and what errors look like. A command finds out, prints and says its exit code;
 * whatever it throws is turned into one clear message here.
 */
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { ConfigError } from '../config/problem.ts';
import { RuleSetError } from '../control/rule-set.ts';
import { SidecarError } from '../core/errors.ts';
import { renderText } from '../dsl/diagnostics/render-text.ts';
import { EXIT } from './exit-code.ts';
import { packageVersion } from './package-version.ts';
import type { ExitCode } from './exit-code.ts';
import { createTerminal } from './terminal.ts';
import type { Terminal } from './terminal.ts';

type AddCommand = (program: Command, terminal: Terminal, exit: (code: ExitCode) => void) => void;

/**
 * In the order of the help. Each is loaded when it is asked for: reading the proxy, which most commands have no use for,
 * takes longer than they do.
 */
const COMMANDS: ReadonlyMap<string, () => Promise<AddCommand>> = new Map([
  [
    'run',
    async () => {
      const { addRunCommand } = await import('./command-run.ts');
      return (program, _terminal, exit) => addRunCommand(program, exit);
    },
  ],
  ['init', async () => (await import('./command-init.ts')).addInitCommand],
  ['check', async () => (await import('./command-check.ts')).addCheckCommand],
  ['fmt', async () => (await import('./command-fmt.ts')).addFmtCommand],
  ['test', async () => (await import('./command-test.ts')).addTestCommand],
  ['explain', async () => (await import('./command-explain.ts')).addExplainCommand],
  ['diff', async () => (await import('./command-diff.ts')).addDiffCommand],
  ['docs', async () => (await import('./command-docs.ts')).addDocsCommand],
  ['import', async () => (await import('./command-import.ts')).addImportCommand],
  ['config', async () => (await import('./command-config.ts')).addConfigCommand],
  ['bans', async () => (await import('./command-bans.ts')).addBansCommand],
] satisfies [string, () => Promise<AddCommand>][]);

/** Runs one command line (without node and script). Resolves to the exit code; never rejects. */
export async function runCommandLine(args: readonly string[]): Promise<ExitCode> {
  const terminal = createTerminal();
  let code: ExitCode = EXIT.OK;
  try {
    const program = await createProgram(args[0] ?? '', terminal, (given) => {
      code = given;
    });
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    return report(error, terminal);
  }
}

/** With the one command that is `wanted`; with all for help, and to suggest one for a name that is none. */
async function createProgram(
  wanted: string,
  terminal: Terminal,
  exit: (code: ExitCode) => void,
): Promise<Command> {
  const program = new Command('ward');
  program
    .description('A web application firewall that stands in front of one service.')
    .version(packageVersion())
    .showSuggestionAfterError()
    .showHelpAfterError('(`ward --help` and `ward <command> --help` show what there is)')
    .configureHelp({ sortOptions: false })
    .exitOverride();
  const one = COMMANDS.get(wanted);
  for (const load of one === undefined ? COMMANDS.values() : [one]) (await load())(program, terminal, exit);
  program.addHelpText(
    'after',
    `
First steps:
  ward init                                          write ward.yaml and a first policy
  ward run --upstream http://127.0.0.1:3000          stand in front of a service
  ward explain "GET /?q=1' or '1'='1"                see what the rules make of a request

Exit codes: 0 all is well, 1 something was found wrong, 2 wrong usage or configuration.`,
  );
  for (const command of program.commands) {
    command.exitOverride();
    for (const nested of command.commands) nested.exitOverride();
  }
  return program;
}

function report(error: unknown, terminal: Terminal): ExitCode {
  if (error instanceof InvalidArgumentError) {
    terminal.note(`${terminal.paint('red', 'error')}: ${error.message}`);
    return EXIT.USAGE;
  }
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.OK : EXIT.USAGE; // it has spoken already
  if (error instanceof ConfigError) {
    terminal.note(`${terminal.paint('red', 'error')}: the configuration is wrong\n${error.message}`);
    return EXIT.USAGE;
  }
  if (error instanceof RuleSetError) {
    terminal.note(renderText(error.diagnostics, { colour: terminal.colour }));
    terminal.note('the rules are wrong; nothing was started');
    return EXIT.FOUND;
  }
  if (error instanceof SidecarError) {
    const hint = error.hint === undefined ? '' : `\n  ${error.hint}`;
    terminal.note(`${terminal.paint('red', `error[${error.code}]`)}: ${error.message}${hint}`);
    return EXIT.USAGE;
  }
  terminal.note(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return EXIT.USAGE;
}
