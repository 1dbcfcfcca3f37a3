/** What `ward test --mutate` prints: the mistakes that no example would notice, and the score. */
import type { MutationRun, Survivor } from '../control/mutation-runner.ts';
import { printable } from '../dsl/diagnostics/excerpt.ts';
import { plural } from './rule-options.ts';
import type { Terminal } from './terminal.ts';

const RULES_NAMED_MAX = 3;

/** Survivors in order of their place, then the score. */
export function printMutation(run: MutationRun, least: number | undefined, terminal: Terminal): void {
  for (const survivor of run.survivors) printSurvivor(survivor, terminal);
  for (const { rule, mutants } of run.notRun)
    terminal.out(`${rule}: ${plural(mutants, 'mutant')} more were not run`);
  const score = `${plural(run.mutants, 'mutant')}: ${run.killed} noticed, ${run.survivors.length} not (${run.percent}%)`;
  if (least === undefined || run.percent >= least) terminal.out(score);
  else terminal.out(`${score}, ${terminal.paint('red', `fewer than the ${least}% asked for`)}`);
}

function printSurvivor({ rules, path, line, column, change, wanted }: Survivor, terminal: Terminal): void {
  const more = rules.length > RULES_NAMED_MAX ? ` and ${rules.length - RULES_NAMED_MAX} more` : '';
  const named = `${rules.slice(0, RULES_NAMED_MAX).join(', ')}${more}`;
  terminal.out(
    `${terminal.paint('yellow', 'unnoticed')} ${path}:${line}:${column} (${named}): ${printable(change)}`,
  );
  terminal.out(`  ${terminal.paint('dim', 'add')} ${printable(wanted)}`);
}
