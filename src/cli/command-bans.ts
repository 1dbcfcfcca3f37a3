/** `ward bans`: what a running Ward bans; set and lifted by hand. */
import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import type { ShownBan } from '../control/admin/bans.ts';
import { BANS_LISTED_MAX } from '../core/limits.ts';
import { askAdmin } from './admin-client.ts';
import type { AdminAnswer, AdminOptions } from './admin-client.ts';
import { EXIT } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

interface BanOptions extends AdminOptions {
  readonly kind?: string;
  readonly json?: boolean;
}

interface AddOptions extends BanOptions {
  readonly for: string;
  readonly reason?: string;
}

interface LiftOptions extends BanOptions {
  readonly all?: boolean;
}

export function addBansCommand(program: Command, terminal: Terminal, exit: (code: number) => void): void {
  const bans = program
    .command('bans')
    .summary('list, set and lift bans of a running Ward')
    .description('Speaks to the management address of a running Ward: what it bans, and bans by hand.')
    .addHelpText(
      'after',
      `
Examples:
  ward bans list
  ward bans add 192.0.2.7 --for 1h --reason 'scans, OPS-311'
  ward bans lift 192.0.2.7
  ward bans lift --all --admin http://127.0.0.1:9902

With redis.url set, bans hold in all replicas of the service. What must never be banned stands in bans.exempt.`,
    );
  withAddress(bans.command('list').description('Lists the bans in force, the oldest first.'))
    .option('--kind <kind>', 'only bans of this kind, such as client.ip or flood.l7')
    .addHelpText('after', '\nExamples:\n  ward bans list --kind client.ip\n  ward bans list --json')
    .action(async (options: BanOptions) => {
      exit(await list(options, terminal));
    });
  withAddress(bans.command('add').description('Bans a client. A longer ban of the same key stays as it is.'))
    .argument('<key>', 'an address; for other kinds the value as the rule bans it')
    .requiredOption('--for <time>', 'how long: 30s, 10m, 24h')
    .option('--kind <kind>', 'kind of the key, as a rule writes it', 'client.ip')
    .option('--reason <text>', 'why, for whoever reads the list')
    .addHelpText('after', "\nExample:\n  ward bans add 2001:db8::7 --for 24h --reason 'scans, OPS-311'")
    .action(async (key: string, options: AddOptions) => {
      exit(await add(key, options, terminal));
    });
  withAddress(bans.command('lift').description('Ends a ban, or all of them, here and in all replicas.'))
    .argument('[key]', 'the key as the list shows it')
    .option('--kind <kind>', 'kind of the key', 'client.ip')
    .option('--all', 'every ban of every kind')
    .addHelpText('after', '\nExamples:\n  ward bans lift 192.0.2.7\n  ward bans lift --all')
    .action(async (key: string | undefined, options: LiftOptions) => {
      exit(await lift(key, options, terminal));
    });
}

function withAddress(command: Command): Command {
  return command
    .option('--admin <url>', 'management address (default: admin.listen, else http://127.0.0.1:9901)')
    .option('-c, --config <file>', 'configuration file whose admin.listen is meant')
    .option('--json', 'print what the address answers as JSON');
}

async function list(options: BanOptions, terminal: Terminal): Promise<number> {
  const kind = options.kind === undefined ? '' : `&kind=${encodeURIComponent(options.kind)}`;
  const bans: ShownBan[] = [];
  let cursor: string | undefined;
  do {
    const from = cursor === undefined ? '' : `&cursor=${cursor}`;
    const answer = await askAdmin(options, 'GET', `/bans?limit=${BANS_LISTED_MAX}${kind}${from}`);
    if (answer.status !== 200) return refused(answer, options, terminal);
    bans.push(...(answer.body.bans as ShownBan[]));
    cursor = answer.body.cursor as string | undefined;
  } while (cursor !== undefined);
  if (options.json === true) terminal.out(JSON.stringify(bans, null, 2));
  else if (bans.length === 0) terminal.note('nobody is banned');
  else for (const line of table(bans, terminal)) terminal.out(line);
  return EXIT.OK;
}

async function add(key: string, options: AddOptions, terminal: Terminal): Promise<number> {
  const { kind, reason } = options;
  const answer = await askAdmin(options, 'POST', '/bans', { kind, key, for: options.for, reason });
  if (answer.status >= 300) return refused(answer, options, terminal);
  if (options.json === true) {
    terminal.out(JSON.stringify(answer.body, null, 2));
    return EXIT.OK;
  }
  const ban = answer.body.ban as ShownBan;
  const kept = answer.body.outcome === 'kept' ? ', as it was: that is no shorter' : '';
  terminal.out(`${terminal.paint('red', 'banned')} ${ban.key} until ${ban.until}${kept}`);
  return EXIT.OK;
}

async function lift(key: string | undefined, options: LiftOptions, terminal: Terminal): Promise<number> {
  if ((key === undefined) === (options.all !== true)) {
    throw new InvalidArgumentError('name one key, or give --all');
  }
  const one = `kind=${encodeURIComponent(options.kind ?? '')}&key=${encodeURIComponent(key ?? '')}`;
  const answer = await askAdmin(options, 'DELETE', `/bans?${key === undefined ? 'all=true' : one}`);
  if (answer.status >= 300) return refused(answer, options, terminal);
  const count = Number(answer.body.lifted);
  if (options.json === true) terminal.out(JSON.stringify(answer.body, null, 2));
  else terminal.out(`${terminal.paint('green', 'lifted')} ${count === 1 ? 'one ban' : `${count} bans`}`);
  return EXIT.OK;
}

/** Not found, exempt and full are findings; a request that Ward does not understand is wrong usage. */
function refused({ status, body }: AdminAnswer, options: BanOptions, terminal: Terminal): number {
  if (options.json === true) terminal.out(JSON.stringify(body, null, 2));
  const detail = typeof body.detail === 'string' ? body.detail : `it answered ${status}`;
  terminal.note(`${terminal.paint('red', 'error')}: ${detail}`);
  return status === 404 || status === 409 || status === 507 ? EXIT.FOUND : EXIT.USAGE;
}

function table(bans: readonly ShownBan[], terminal: Terminal): string[] {
  const rows = bans.map((ban) => [ban.kind, ban.key, ban.until, ban.by, ban.reason ?? '']);
  const titles = ['KIND', 'KEY', 'UNTIL', 'BY', 'REASON'];
  const widths = titles.map((title, column) =>
    rows.reduce((width, row) => Math.max(width, row[column].length), title.length),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd();
  return [terminal.paint('dim', line(titles)), ...rows.map(line)];
}
