/** `ward check`: are the rules right, and if not, where. */
import type { Command } from 'commander';
import { todayUtc } from '../control/today.ts';
import { checkRuleSet, compileDiagnostics } from '../control/rule-set.ts';
import { atOrigins } from '../control/seclang-source.ts';
import { EXIT } from './exit-code.ts';
import { addRuleOptions, countDiagnostics, loadRules, plural, printDiagnostics } from './rule-options.ts';
import type { RuleOptions } from './rule-options.ts';
import type { Terminal } from './terminal.ts';

export function addCheckCommand(program: Command, terminal: Terminal, exit: (code: number) => void): void {
  const command = program
    .command('check')
    .summary('check rule files')
    .description(
      'Checks rule files: syntax, names, types, phases, reachability. Examples are run by `ward test`.',
    );
  addRuleOptions(command, ['text', 'json', 'sarif'])
    .option('--strict', 'warnings are errors')
    .option('--library', 'the files have no policy of their own')
    .addHelpText(
      'after',
      '\nExamples:\n  ward check\n  ward check rules/*.ward --strict\n  ward check --format sarif > ward.sarif',
    )
    .action(async (paths: string[], options: RuleOptions & { library?: boolean }) => {
      const { sources, profile } = await loadRules(paths, options);
      const { policy, diagnostics: checked } = checkRuleSet(sources, {
        profile,
        today: todayUtc(),
        strict: options.strict === true,
        library: options.library === true,
      });
      const compiled = policy === null || options.library === true ? [] : compileDiagnostics(policy);
      const diagnostics = [...checked, ...atOrigins(compiled, sources.files)];
      printDiagnostics(diagnostics, options.format, terminal);
      if (options.format === 'text') {
        for (const notice of sources.secLang?.notices ?? []) terminal.note(notice);
        const files = plural(sources.files.length, 'file');
        const rules = policy === null ? '' : `, ${plural(policy.rules.length, 'rule')}`;
        terminal.note(`${files}${rules}: ${countDiagnostics(diagnostics)}`);
      }
      exit(diagnostics.some((found) => found.severity === 'error') ? EXIT.FOUND : EXIT.OK);
    });
}
