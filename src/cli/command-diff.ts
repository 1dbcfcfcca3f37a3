/** `ward diff`: what differs between two rule sets, and which requests of recorded traffic they decide differently. */
import { stat } from 'node:fs/promises';
import { Option } from 'commander';
import type { Command } from 'commander';
import { SidecarError } from '../core/errors.ts';
import { policyAsEnforced } from '../control/example-runner.ts';
import { replay } from '../control/replay/replay.ts';
import type { Replay, ReplayedVerdict, ReplayProblem } from '../control/replay/replay.ts';
import { diffRuleSets } from '../control/rule-set-diff.ts';
import type { Difference } from '../control/rule-set-diff.ts';
import { loadRuleSources } from '../control/rule-sources.ts';
import { checkRuleSet, compilePolicyForTests, RuleSetError } from '../control/rule-set.ts';
import { todayUtc } from '../control/today.ts';
import type { CheckedPolicy } from '../dsl/checked.ts';
import { renderText } from '../dsl/diagnostics/render-text.ts';
import { printable } from '../telemetry/printable.ts';
import { EXIT } from './exit-code.ts';
import { createProgress } from './progress.ts';
import { plural } from './rule-options.ts';
import type { Terminal } from './terminal.ts';

interface DiffOptions {
  readonly replay?: string;
  readonly strict?: boolean;
  readonly profile?: string;
  readonly format: 'text' | 'json';
}

export function addDiffCommand(program: Command, terminal: Terminal, exit: (code: number) => void): void {
  program
    .command('diff')
    .summary('compare two rule sets, also on recorded traffic')
    .description(
      'Shows which declarations differ, and with --replay the requests of a file that the two decide differently. Both are judged as if enforced.',
    )
    .argument('<old>', 'rule file, directory or glob')
    .argument('<new>', 'the same, changed')
    .option('--replay <file>', 'requests or events of the log, one JSON object a line')
    .option('--strict', 'a line that is no request ends the replay')
    .option('--profile <name>', 'profile of both policies')
    .addOption(new Option('--format <format>', 'output').choices(['text', 'json']).default('text'))
    .addHelpText(
      'after',
      `
Examples:
  ward diff /etc/ward/rules rules
  ward diff /etc/ward/rules rules --replay traffic.ndjson
  ward diff 'ward:*.ward' rules --replay /var/log/ward.ndjson --format json

Exit codes: 0 both are alike, 1 something differs, 2 trouble.`,
    )
    .action(async (old: string, now: string, options: DiffOptions) => {
      try {
        exit(await run(old, now, options, terminal));
      } catch (error) {
        if (!(error instanceof RuleSetError)) throw error;
        // As `diff` does: 1 is a difference, so wrong rules are trouble.
        terminal.note(renderText(error.diagnostics, { colour: terminal.colour }));
        exit(EXIT.USAGE);
      }
    });
}

async function run(old: string, now: string, options: DiffOptions, terminal: Terminal): Promise<number> {
  const before = await load(old, options.profile);
  const after = await load(now, options.profile);
  const declarations = diffRuleSets(before, after);
  const replayed =
    options.replay === undefined
      ? undefined
      : await replayFile(options.replay, before, after, options.strict === true);
  if (options.format === 'json') printJson(declarations, replayed, terminal);
  else printText(declarations, replayed, terminal);
  // Nothing was compared: to call that alike would let a wrong file pass for a proof.
  if (replayed?.requests === 0) throw unusable(`${options.replay ?? ''} has no request to replay`, undefined);
  const isDifferent = declarations.length > 0 || (replayed !== undefined && changes(replayed) > 0);
  return isDifferent ? EXIT.FOUND : EXIT.OK;
}

function unusable(message: string, cause: unknown): SidecarError {
  return new SidecarError('W_RULES_UNREADABLE', message, { source: 'configuration', cause });
}

async function load(path: string, profile: string | undefined): Promise<CheckedPolicy> {
  const sources = await loadRuleSources({ paths: [path], workingDirectory: process.cwd() });
  return checkRuleSet(sources, { profile, today: todayUtc() }).demand();
}

async function replayFile(
  path: string,
  before: CheckedPolicy,
  after: CheckedPolicy,
  isStrict: boolean,
): Promise<Replay> {
  const progress = createProgress();
  const size = await stat(path).catch((error: unknown) => {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'it does not exist' : message;
    throw unusable(`cannot read the file to replay ${path}: ${why}`, error);
  });
  try {
    return await replay(
      path,
      compilePolicyForTests(policyAsEnforced(before)),
      compilePolicyForTests(policyAsEnforced(after)),
      {
        onProgress: (requests, bytesRead) =>
          progress.show(
            `replay ${plural(requests, 'request')}, ${Math.floor((100 * bytesRead) / Math.max(1, size.size))}%`,
          ),
        ...(isStrict ? { onProblem: fail(path) } : {}),
      },
    );
  } finally {
    progress.clear();
  }
}

function fail(path: string): (problem: ReplayProblem) => void {
  return ({ line, why }) => {
    throw new SidecarError('W_RULES_UNREADABLE', `${path}:${line}: ${why}`, { source: 'configuration' });
  };
}

function changes({ newlyRefused, newlyPassing, otherStatus }: Replay): number {
  return newlyRefused + newlyPassing + otherStatus;
}

const SIGN = { added: '+', removed: '-', changed: '~' } as const;
const STYLE = { added: 'green', removed: 'red', changed: 'yellow' } as const;

function printText(
  declarations: readonly Difference[],
  replayed: Replay | undefined,
  terminal: Terminal,
): void {
  for (const { kind, name, change, parts } of declarations) {
    const detail = parts.length === 0 ? '' : `: ${parts.join(', ')}`;
    terminal.out(`${terminal.paint(STYLE[change], SIGN[change])} ${kind} ${printable(name)}${detail}`);
  }
  if (declarations.length === 0) terminal.out('the declarations are alike');
  if (replayed === undefined) return;
  for (const { line, request, before, after } of replayed.differences) {
    terminal.out(`line ${line}: ${printable(request)}`);
    terminal.out(`  ${terminal.paint('red', '-')} ${verdictText(before)}`);
    terminal.out(`  ${terminal.paint('green', '+')} ${verdictText(after)}`);
  }
  const unlisted = changes(replayed) - replayed.differences.length;
  if (unlisted > 0) terminal.out(`and ${plural(unlisted, 'request')} more`);
  for (const { line, why } of replayed.problems) terminal.note(`line ${line}: ${why}; skipped`);
  printSummary(replayed, terminal);
}

function verdictText({ action, status, by, rules }: ReplayedVerdict): string {
  if (action === 'pass') return 'pass';
  const named = rules.map(({ rule, at }) => (at === '' ? rule : `${rule} at ${printable(at)}`)).join(', ');
  return `${action} ${status} by ${by ?? '?'}${named === '' ? '' : ` (${named})`}`;
}

function printSummary(replayed: Replay, terminal: Terminal): void {
  const rows: (readonly [string, number])[] = [
    ['requests', replayed.requests],
    ['refused before any rule', replayed.malformed],
    ['refused by the old rules', replayed.refusedBefore],
    ['refused by the new rules', replayed.refusedAfter],
    ['newly refused', replayed.newlyRefused],
    ['newly passing', replayed.newlyPassing],
    ['another status', replayed.otherStatus],
    ['refused by another rule', replayed.otherRule],
    ['events that tell too little', replayed.incomplete],
    ['lines that are no requests', replayed.wrong],
  ];
  const width = Math.max(...rows.map(([label]) => label.length));
  for (const [label, count] of rows) terminal.out(`${label.padEnd(width)}  ${count}`);
}

function printJson(
  declarations: readonly Difference[],
  replayed: Replay | undefined,
  terminal: Terminal,
): void {
  const shown = (verdict: ReplayedVerdict): unknown => ({
    ...verdict,
    rules: verdict.rules.map(({ rule, at }) => ({ rule, at: printable(at) })),
  });
  const differences = replayed?.differences.map((one) => ({
    ...one,
    request: printable(one.request),
    before: shown(one.before),
    after: shown(one.after),
  }));
  terminal.out(
    JSON.stringify(
      { schema: 1, declarations, replay: replayed === undefined ? undefined : { ...replayed, differences } },
      null,
      2,
    ),
  );
}
