/** The answer of `ward explain`, as data and as text for a terminal. */
import type { Inspection, WrittenRequest } from '../control/inspection.ts';
import type { RuleMatch, Shown, Verdict, Witness } from '../engine/api.ts';
import { printable } from '../telemetry/printable.ts';
import type { Terminal } from './terminal.ts';

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
  readonly rules: readonly RuleMatch[];
  readonly uninspectable: string | undefined;
}

export function explainReport(request: WrittenRequest, inspection: Inspection): Explanation {
  const base = { schema: 1 as const, request: `${request.method} ${printable(request.target)}` };
  if (inspection.kind === 'refused') {
    const { reason, status } = inspection;
    const nothing = { verdict: undefined, shadow: undefined, route: undefined, uninspectable: undefined };
    return { ...base, ...nothing, refused: { reason, status }, scores: {}, rules: [] };
  }
  const { verdict, shadow, route, scores, matches, uninspectable } = inspection.report;
  return { ...base, refused: undefined, verdict, shadow, route, scores, rules: matches, uninspectable };
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
  if (explanation.rules.length === 0) lines.push('  no rule matched');
  for (const match of explanation.rules) lines.push(...matchLines(match, terminal));
  return lines.join('\n');
}

function verdictText(verdict: Verdict, terminal: Terminal): string {
  if (verdict.action === 'pass') return terminal.paint('green', 'pass');
  const text = `${verdict.action} ${verdict.status} by ${verdict.by ?? '?'}`;
  return `${terminal.paint('red', text)} (${verdict.phase ?? 'unknown'} phase)`;
}

function matchLines(match: RuleMatch, terminal: Terminal): string[] {
  const id = match.id === undefined ? '' : ` (${match.id})`;
  const mode = match.mode === 'monitor' ? ', monitored' : '';
  const head = `${terminal.paint('cyan', match.rule)}${id}  ${match.title}  [${match.severity}${mode}, ${match.phase}]`;
  const lines = ['', `  ${head}`];
  if (match.unknown) lines.push('    could not be decided; counted as a match');
  if (match.witness !== undefined) lines.push(...witnessLines(match.witness));
  if (match.message !== '' && match.message !== match.title) lines.push(`    ${printable(match.message)}`);
  if (match.effects.length > 0) lines.push(`    ${match.effects.join(', ')}`);
  return lines;
}

function witnessLines(witness: Witness): string[] {
  const name = witness.name === '' ? '' : `["${printable(witness.name)}"]`;
  const lines = [`    ${witness.field}${name} = ${show(witness.value)}`];
  if (witness.text !== undefined) {
    const at = witness.offset < 0 ? '' : ` at ${witness.offset} of the decoded value`;
    lines.push(`    matched ${show(witness.text)}${at}`);
  }
  if (witness.reason !== undefined)
    lines.push(`    ${printable(witness.reason)} at ${witness.pointer ?? '/'}`);
  if (witness.count !== undefined) lines.push(`    count ${witness.count}`);
  return lines;
}

function show(text: Shown): string {
  if (typeof text === 'string') return `"${printable(text)}"`;
  return `[redacted ${text.redacted}, ${text.length} bytes, hash ${text.hash}]`;
}
