/** `ward explain`: what the rules make of one request, and why. */
import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { untilOf } from '../control/exclusion/exclusion-advisor.ts';
import type { ExclusionAdvice } from '../control/exclusion/exclusion-advisor.ts';
import { searchExclusion } from '../control/exclusion/exclusion-search.ts';
import type { WrittenRequest } from '../control/inspection.ts';
import { explainRequest } from '../control/request-explainer.ts';
import type { ExplainedRequest } from '../control/request-explainer.ts';
import type { RuleSources } from '../control/rule-sources.ts';
import { checkRuleSet } from '../control/rule-set.ts';
import { todayUtc } from '../control/today.ts';
import { describe, renderExplanation } from './explanation.ts';
import { EXIT } from './exit-code.ts';
import { readRequest } from './request-line.ts';
import { isRuleNamed, loadRules } from './rule-options.ts';
import type { OutputFormat } from './rule-options.ts';
import type { Terminal } from './terminal.ts';

interface ExplainOptions {
  readonly config?: string;
  readonly profile?: string;
  readonly rules?: readonly string[];
  readonly rule?: readonly string[];
  readonly header?: readonly string[];
  readonly data?: string;
  readonly from: string;
  readonly format: OutputFormat;
}

const collect = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value];

export function addExplainCommand(program: Command, terminal: Terminal, exit: (code: number) => void): void {
  program
    .command('explain')
    .summary('show what the rules make of a request')
    .description(
      'Sends one request through the rules and shows what matched, where, what was decided, and the narrowest exclusion with which a refused request passes.',
    )
    .argument('<request>', "method and target, 'GET /path?q=1'")
    .option('-H, --header <header>', "'name: value'; repeatable", collect)
    .option('-d, --data <body>', 'body, or @file; a form unless a content-type says otherwise')
    .option('--from <address>', 'address of the client', '198.51.100.7')
    .option(
      '--rule <name>',
      'show this rule although it did not match; `sqli.*` for all; repeatable',
      collect,
    )
    .option('--rules <path>', 'rule file, directory or glob; repeatable', collect)
    .option('-c, --config <file>', 'configuration file whose rules are meant')
    .option('--profile <name>', 'profile of the policy')
    .option('--format <format>', 'text or json', 'text')
    .addHelpText(
      'after',
      `
Examples:
  ward explain "GET /search?q=1' or '1'='1"
  ward explain 'POST /orders' -H 'content-type: application/json' -d '{"note":"<script>"}'
  ward explain 'GET /search?q=union' --rule 'sqli.*'
  ward explain 'GET /admin' --from 203.0.113.7 --format json`,
    )
    .action(async (line: string, options: ExplainOptions) => {
      const request = readRequest({
        line,
        headers: options.header ?? [],
        data: options.data,
        from: options.from,
      });
      const { sources, profile } = await loadRules(options.rules ?? [], options);
      const policy = checkRuleSet(sources, { profile, today: todayUtc() }).demand();
      const explained = await explainRequest(policy, request);
      if (explained.kind === 'refused' && explained.reason === 'peer.unknown') {
        throw new InvalidArgumentError(`--from ${options.from} is no address`);
      }
      const asked = options.rule ?? [];
      const unknown = asked.filter((name) => !policy.rules.some((rule) => isRuleNamed(rule.name, name)));
      if (unknown.length > 0) throw new InvalidArgumentError(`no rule is named ${unknown.join(', ')}`);
      const advice = await adviceOn(explained, request, sources, profile);
      const isAsked = (rule: string): boolean => asked.some((name) => isRuleNamed(rule, name));
      const explanation = describe(request, explained, isAsked, advice);
      terminal.out(
        options.format === 'json'
          ? JSON.stringify(explanation, null, 2)
          : renderExplanation(explanation, terminal),
      );
      exit(EXIT.OK);
    });
}

/** What would let the request pass that rules refuse, or would refuse if all were enforced. */
async function adviceOn(
  explained: ExplainedRequest,
  request: WrittenRequest,
  sources: RuleSources,
  profile: string | undefined,
): Promise<ExclusionAdvice | undefined> {
  if (explained.kind === 'refused' || explained.explanation.report.shadow.action !== 'block')
    return undefined;
  const until = untilOf(Date.now());
  const because = `harmless: ${request.method} ${request.target.replace(/\?[^]*/, '')}`;
  return searchExclusion(sources, { profile, today: todayUtc(), until, because }, request);
}
