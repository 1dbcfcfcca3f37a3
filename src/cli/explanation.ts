/** The answer of `ward explain`, as data and as text for a terminal. */
import type { ExplainedNode, ExplainedRule } from '../compiler/explain.ts';
import type { ExclusionAdvice } from '../control/exclusion/exclusion-advisor.ts';
import type { WrittenRequest } from '../control/inspection.ts';
import type { ExplainedRequest } from '../control/request-explainer.ts';
import type { Report, RuleMatch, Shown, Verdict, Witness } from '../engine/api.ts';
import { printable as sourceText } from '../dsl/diagnostics/excerpt.ts';
import { printable } from '../telemetry/printable.ts';
import type { Terminal } from './terminal.ts';

/** A rule that matched or was asked for, with its tests. */
export interface ShownRule extends ExplainedRule {
  /** Set if it matched. */
  readonly match: RuleMatch | undefined;
}

export interface Explanation {
  readonly schema: 1;
  readonly request: string;
  /** Refused before any rule: the reason and the status. */
  readonly refused: { readonly reason: string; readonly status: number } | undefined;
  readonly verdict: Verdict | undefined;
  /** What it would be if every monitor rule were enforced. */
  readonly shadow: Verdict | undefined;
  readonly route: string | undefined;
  readonly scores: Readonly<Record<string, number>>;
  readonly uninspectable: string | undefined;
  /** How the limiters stand after this request, the first of its client. */
  readonly limits: Report['limits'];
  readonly rules: readonly ShownRule[];
  /** A first run, not a warm one. */
  readonly measuredUs: number | undefined;
  /** Rule text with which the request passes; undefined if it passes as it is, or nothing would let it. */
  readonly exclusion: string | undefined;
  /** Why nothing would. */
  readonly noExclusion: string | undefined;
}

/** @param wanted tells which rules are shown although they did not match */
export function describe(
  request: WrittenRequest,
  explained: ExplainedRequest,
  wanted: (rule: string) => boolean,
  advice: ExclusionAdvice | undefined,
): Explanation {
  const base = {
    schema: 1 as const,
    request: `${request.method} ${printable(request.target)}`,
    exclusion: advice !== undefined && 'text' in advice ? advice.text : undefined,
    noExclusion: advice !== undefined && 'refused' in advice ? advice.refused : undefined,
  };
  if (explained.kind === 'refused') {
    const { reason, status } = explained;
    const nothing = { verdict: undefined, shadow: undefined, route: undefined, uninspectable: undefined };
    return {
      ...base,
      ...nothing,
      refused: { reason, status },
      scores: {},
      limits: [],
      rules: [],
      measuredUs: undefined,
    };
  }
  const { report, rules, measuredUs } = explained.explanation;
  const { verdict, shadow, route, scores, matches, uninspectable, limits } = report;
  const shown = rules
    .filter((rule) => rule.matched || wanted(rule.rule))
    .map((rule) => ({ ...rule, match: matches.find((match) => match.rule === rule.rule) }));
  return {
    ...base,
    refused: undefined,
    verdict,
    shadow,
    route,
    scores,
    uninspectable,
    limits,
    rules: shown,
    measuredUs,
  };
}

export function renderExplanation(explanation: Explanation, terminal: Terminal): string {
  const lines = [terminal.paint('bold', explanation.request)];
  const { refused, verdict, shadow } = explanation;
  if (refused !== undefined) {
    lines.push(`  refused with ${refused.status} before any rule: ${refused.reason}`);
    return lines.join('\n');
  }
  if (verdict !== undefined) lines.push(`  ${verdictText(verdict, terminal)}`);
  if (shadow !== undefined && shadow.by !== verdict?.by) {
    lines.push(`  if every rule were enforced: ${verdictText(shadow, terminal)}`);
  }
  if (explanation.route !== undefined) lines.push(`  route ${explanation.route}`);
  if (explanation.uninspectable !== undefined) lines.push(`  not inspectable: ${explanation.uninspectable}`);
  const scores = Object.entries(explanation.scores).filter(([, points]) => points > 0);
  if (scores.length > 0)
    lines.push(`  scores ${scores.map(([name, points]) => `${name} ${points}`).join(', ')}`);
  for (const limit of explanation.limits) lines.push(`  ${limitText(limit, terminal)}`);
  if (!explanation.rules.some((rule) => rule.matched)) lines.push('  no rule matched');
  for (const rule of explanation.rules) lines.push(...ruleLines(rule, terminal));
  lines.push(...exclusionLines(explanation, terminal));
  return lines.join('\n');
}

function exclusionLines({ exclusion, noExclusion }: Explanation, terminal: Terminal): string[] {
  if (noExclusion !== undefined) return ['', `  no exclusion: ${printable(noExclusion)}`];
  if (exclusion === undefined) return [];
  const head = 'If it is harmless, it passes with this (add it, say why, and try `ward diff`):';
  return ['', `  ${terminal.paint('bold', head)}`, '', ...exclusion.trimEnd().split('\n')];
}

function verdictText(verdict: Verdict, terminal: Terminal): string {
  if (verdict.action === 'pass') return terminal.paint('green', 'pass');
  const text = `${verdict.action} ${verdict.status} by ${verdict.by ?? '?'}`;
  return `${terminal.paint('red', text)} (${verdict.phase ?? 'unknown'} phase)`;
}

function limitText(
  { name, mode, granted, used, remaining }: Report['limits'][number],
  terminal: Terminal,
): string {
  const refused = granted ? '' : `, ${terminal.paint('red', 'refused')}`;
  const monitored = mode === 'monitor' ? ', monitored' : '';
  return `limit ${name}: ${used} used, ${remaining} left${refused}${monitored}`;
}

function ruleLines(rule: ShownRule, terminal: Terminal): string[] {
  const { match } = rule;
  const id = match?.id === undefined ? '' : ` (${match.id})`;
  const mode = match?.mode === 'monitor' ? ', monitored' : '';
  const cost = `at most ${microseconds(rule.costUs)}`;
  const name = terminal.paint(rule.matched ? 'cyan' : 'dim', rule.rule);
  const title = match === undefined ? 'did not match' : match.title;
  const facts = `${match === undefined ? '' : `${match.severity}${mode}, `}${rule.phase}, ${cost}`;
  const lines = ['', `  ${name}${id}  ${title}  [${facts}]`];
  if (match?.unknown === true) lines.push('    could not be decided; counted as a match');
  lines.push(...nodeLines(rule.tree, 2, terminal));
  if (match !== undefined && match.message !== '' && match.message !== match.title) {
    lines.push(`    message: ${printable(match.message)}`);
  }
  if (match !== undefined && match.effects.length > 0) lines.push(`    then ${match.effects.join(', ')}`);
  return lines;
}

const TRUTH_STYLE = { true: 'green', false: 'dim', unknown: 'yellow', open: 'yellow' } as const;
const COLUMNS_MAX = 100;
const LABEL_COLUMNS = 9;

function nodeLines(node: ExplainedNode, depth: number, terminal: Terminal): string[] {
  const indent = '  '.repeat(depth);
  const truth = terminal.paint(TRUTH_STYLE[node.truth], node.truth.padEnd(7));
  const below = `${indent}        `;
  if (node.place === undefined) {
    const children = node.children.flatMap((child) => nodeLines(child, depth + 1, terminal));
    return [`${indent}${truth} ${node.kind}`, ...children];
  }
  const { path, line, column } = node.place;
  const place = `${path}:${line}:${column}, ${node.phase ?? ''}, at most ${microseconds(node.costUs)}`;
  return [
    `${indent}${truth} ${clipped(sourceText(node.text), COLUMNS_MAX - below.length)}`,
    ...[['', place], ...detailsOf(node)].flatMap(([label, text]) =>
      wrapped(`${below}${label === '' ? '' : label.padEnd(LABEL_COLUMNS)}`, text, terminal),
    ),
  ];
}

/** Label and text of everything known about the value a test looked at. */
function detailsOf(node: ExplainedNode): Detail[] {
  const { truth, witness, values, valueCount } = node;
  if (witness !== undefined) return [...valueDetails(witness, node.stages), ...foundDetails(witness)];
  const details = values.flatMap((one) =>
    one.witness === undefined ? [] : valueDetails(one.witness, one.stages),
  );
  if (valueCount > values.length) details.push(['value', `and ${valueCount - values.length} more`]);
  return valueCount === 0 && truth === 'false' ? [['value', 'none']] : details;
}

type Detail = readonly [label: string, text: string];

function valueDetails(witness: Witness, stages: ExplainedNode['stages']): Detail[] {
  const name = witness.name === '' ? '' : `["${printable(witness.name)}"]`;
  return [
    ['value', `${witness.field}${name} = ${show(witness.value)}`],
    ...stages.map(({ step, value }): Detail => ['decoded', `${step} -> ${show(value)}`]),
  ];
}

/** What the pattern found in the value, and where. */
function foundDetails(witness: Witness): Detail[] {
  const details: Detail[] = [];
  if (witness.text !== undefined) {
    const { offset, text } = witness;
    const span = offset < 0 ? '' : ` at bytes ${offset} to ${offset + text.length} of the decoded value`;
    details.push(['matched', `${show(text)}${span}`]);
  }
  if (witness.reason !== undefined) {
    details.push(['reason', `${printable(witness.reason)} at ${printable(witness.pointer ?? '/')}`]);
  }
  if (witness.count !== undefined) details.push(['count', String(witness.count)]);
  return details;
}

function microseconds(costUs: number): string {
  return `${costUs < 10 ? costUs.toFixed(2) : costUs.toFixed(0)} µs`;
}

function clipped(text: string, columns: number): string {
  return text.length <= columns ? text : `${text.slice(0, columns - 1)}…`;
}

/** Lines of at most COLUMNS_MAX behind a prefix, which the lines that follow leave blank; broken at spaces if any. */
function wrapped(prefix: string, text: string, terminal: Terminal): string[] {
  const columns = COLUMNS_MAX - prefix.length;
  const lines: string[] = [];
  let rest = text;
  do {
    const space = rest.length > columns ? rest.lastIndexOf(' ', columns) : -1;
    const end = space > 0 ? space : columns;
    lines.push(
      `${lines.length === 0 ? terminal.paint('dim', prefix) : ' '.repeat(prefix.length)}${rest.slice(0, end)}`,
    );
    rest = rest.slice(space > 0 ? end + 1 : end);
  } while (rest !== '');
  return lines;
}

function show(text: Shown): string {
  if (typeof text === 'string') return `"${printable(text)}"`;
  return `[redacted ${text.redacted}, ${text.length} bytes, hash ${text.hash}]`;
}
