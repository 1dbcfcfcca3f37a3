/** What the commands that read rules have in common: which files, which profile, what is printed about them. */
import { Option } from 'commander';
import type { Command } from 'commander';
import { loadConfig } from '../config/load.ts';
import { loadRuleSources, SHIPPED_RULES_DIRECTORY } from '../control/rule-sources.ts';
import type { RuleSources } from '../control/rule-sources.ts';
import type { Diagnostic } from '../dsl/diagnostics/diagnostic.ts';
import { renderJson } from '../dsl/diagnostics/render-json.ts';
import { renderText } from '../dsl/diagnostics/render-text.ts';
import { renderSarif } from '../dsl/diagnostics/sarif.ts';
import { packageVersion } from './package-version.ts';
import type { Terminal } from './terminal.ts';

export type OutputFormat = 'text' | 'json' | 'sarif';

export interface RuleOptions {
  readonly config?: string;
  readonly profile?: string;
  readonly strict?: boolean;
  readonly format: OutputFormat;
}

/** Adds paths, `--config`, `--profile` and `--format`. */
export function addRuleOptions(command: Command, formats: readonly OutputFormat[]): Command {
  return command
    .argument(
      '[paths...]',
      'rule files, directories or globs (default: those of ward.yaml, else the shipped rules)',
    )
    .option('-c, --config <file>', 'configuration file whose rules are meant')
    .option('--profile <name>', 'profile of the policy')
    .addOption(new Option('--format <format>', 'output').choices([...formats]).default('text'));
}

/** The files a command is about, and the profile the configuration asks for. */
export async function loadRules(
  paths: readonly string[],
  options: Pick<RuleOptions, 'config' | 'profile'>,
  followImports = true,
): Promise<{ readonly sources: RuleSources; readonly profile: string | undefined }> {
  const workingDirectory = process.cwd();
  const configured =
    paths.length > 0 && options.config === undefined ? undefined : readRuleSettings(options.config);
  const named = paths.length > 0 ? paths : (configured?.rules ?? []);
  const sources = await loadRuleSources({
    paths: named.length > 0 ? named : [SHIPPED_RULES_DIRECTORY],
    workingDirectory,
    followImports,
  });
  return { sources, profile: options.profile ?? configured?.profile };
}

/** The rules of the configuration, which need not be complete: checking rules takes no upstream. */
function readRuleSettings(file: string | undefined): {
  rules: readonly string[];
  profile: string | undefined;
} {
  const { config } = loadConfig({
    file,
    environment: process.env,
    flags: new Map([['upstream.url', { flag: '(none)', value: 'http://127.0.0.1' }]]),
    workingDirectory: process.cwd(),
  });
  return { rules: config.rules, profile: config.profile };
}

/** Writes diagnostics the way the caller asked for. */
export function printDiagnostics(
  diagnostics: readonly Diagnostic[],
  format: OutputFormat,
  terminal: Terminal,
): void {
  if (format === 'json') terminal.out(JSON.stringify(renderJson(diagnostics), null, 2));
  else if (format === 'sarif')
    terminal.out(JSON.stringify(renderSarif(diagnostics, packageVersion()), null, 2));
  else if (diagnostics.length > 0) terminal.out(renderText(diagnostics, { colour: terminal.colour }));
}

/** `2 errors, 1 warning`. */
export function countDiagnostics(diagnostics: readonly Diagnostic[]): string {
  const errors = diagnostics.filter((found) => found.severity === 'error').length;
  const warnings = diagnostics.length - errors;
  return `${plural(errors, 'error')}, ${plural(warnings, 'warning')}`;
}

/** `1 rule`, `2 rules`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Whether a rule is meant by `sqli.union`, or by `sqli.*`: all rules below a name. */
export function isRuleNamed(rule: string, name: string): boolean {
  return name.endsWith('.*') ? rule.startsWith(name.slice(0, -1)) : rule === name;
}
