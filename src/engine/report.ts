/** Makes the report of an exchange out of what was kept by reference; runs only when somebody asks. */
import { MATCHES_REPORTED_MAX } from '../core/limits.ts';
import type { MatchPart } from '../core/match-part.ts';
import { ORIGIN_NAMES } from '../http/value.ts';
import type { LimitReading } from '../limiter/limit-store.ts';
import type {
  Report,
  ReportedBan,
  ReportedLimit,
  ReportedThreshold,
  RuleMatch,
  Shown,
  Witness,
} from './api.ts';
import type { Evaluation } from './evaluation.ts';
import type { BanRecord } from './gates/gatekeeper.ts';
import type { Judge, MatchRecord } from './judge.ts';
import { PHASES } from './phases.ts';
import { FACET, ORIGIN_FILE, ORIGIN_SCALAR } from './program.ts';
import type { Leaf, MessagePiece, ProgramRule, RuleProgram } from './program.ts';
import { printShown, redact, shown, textOf } from './redaction.ts';
import type { Settled } from './settled-leaves.ts';
import { variableName, variableOfField } from './variable-name.ts';
import type { Workbench } from './workbench.ts';

/** What a value of each origin is called in the rules language. */
const FIELD_OF_ORIGIN: Readonly<Record<string, string>> = {
  query: 'args.query',
  form: 'args.form',
  json: 'args.json',
  multipart: 'args.multipart',
  xml: 'args.xml',
  nested: 'args.nested',
  header: 'request.headers',
  cookie: 'request.cookies',
  part_header: 'multipart.headers',
  text: 'body.text',
  response_header: 'response.headers',
  response_text: 'response.body.text',
  response_json: 'response.body.json',
  ws_text: 'ws.text',
  claim: 'jwt.claims',
  scope: 'jwt.scopes',
  certificate_name: 'tls.cert.sans',
  certificate_usage: 'tls.cert.usages',
  certificate_policy: 'tls.cert.policies',
};

function fieldOfOrigin(origin: number): string {
  return origin === ORIGIN_FILE ? 'files' : (FIELD_OF_ORIGIN[ORIGIN_NAMES[origin]] ?? '');
}

/** Shared by the reports of exchanges in which nothing matched, which are nearly all. */
const NOTHING: readonly never[] = Object.freeze([]);

export function makeReport(bench: Workbench, engineError: string | undefined): Report {
  const { evaluation, judge, gatekeeper } = bench;
  const { program, head, plan, route } = evaluation;
  const matched = judge.matches.length > 0;
  return {
    requestId: head.id,
    programVersion: program.version,
    policy: program.policy,
    profile: program.profile,
    route: routeName(evaluation, route?.index ?? plan.views.find((view) => view >= 0)),
    verdict: judge.real.verdict,
    shadow: judge.shadow.verdict,
    matches: matched
      ? judge.matches.slice(0, MATCHES_REPORTED_MAX).map((match) => ruleMatch(evaluation, match))
      : NOTHING,
    matchesDropped: Math.max(0, judge.matches.length - MATCHES_REPORTED_MAX),
    thresholds: judge.reached.size > 0 ? reportedThresholds(judge) : NOTHING,
    scores: scoresOf(judge.real),
    shadowScores: scoresOf(judge.shadow),
    tags: matched
      ? [...new Set(judge.matches.flatMap(({ rule }) => program.rules[rule].actions.tags))]
      : NOTHING,
    alert: matched && judge.matches.some(({ rule }) => program.rules[rule].actions.alert),
    logged: judge.logged.size > 0 ? [...judge.logged] : NOTHING,
    uninspectable: judge.undecided.length === 0 ? undefined : reasonOf(evaluation),
    engineError,
    bodyBytes: evaluation.requestBody.received,
    limits: gatekeeper.trip.readings.length > 0 ? gatekeeper.trip.readings.map(reportedLimit) : NOTHING,
    bans:
      gatekeeper.bansSet.length > 0 ? gatekeeper.bansSet.map((ban) => reportedBan(program, ban)) : NOTHING,
  };
}

function reportedThresholds({ reached, real, total }: Judge): ReportedThreshold[] {
  return [...reached].flatMap(([{ name, subject, points, label }, phase]) => {
    if (label === undefined) return [];
    const mode = real.points(subject) >= points ? 'enforce' : 'monitor';
    const title = label.title.map((piece) =>
      piece.subject === undefined ? piece.text : String(total.points(piece.subject)),
    );
    return { name, id: label.id, title: title.join(''), phase: PHASES[phase], mode };
  });
}

function reportedLimit({ demand, granted, used, remaining, source }: LimitReading): ReportedLimit {
  const { policy, shadow } = demand;
  return { name: policy.name, mode: shadow ? 'monitor' : 'enforce', granted, used, remaining, source };
}

function reportedBan({ rules, redaction }: RuleProgram, ban: BanRecord): ReportedBan {
  const { name, enforced } = rules[ban.rule];
  return {
    kind: ban.kind,
    mode: enforced ? 'enforce' : 'monitor',
    key: ban.redacted === undefined ? shown(ban.key) : redact(redaction, ban.redacted, ban.key),
    forMs: ban.forMs,
    by: name,
  };
}

function routeName(evaluation: Evaluation, index: number | undefined): string | undefined {
  return index === undefined ? undefined : evaluation.program.routes.routes[index]?.name;
}

function reasonOf(evaluation: Evaluation): string {
  const { requestBody, responseBody } = evaluation;
  return requestBody.fault ?? requestBody.cut ?? responseBody.fault ?? responseBody.cut ?? 'value.unknown';
}

function scoresOf(tally: Judge['real']): Record<string, number> {
  const { request, response, categories } = tally;
  return categories.size === 0
    ? { request, response }
    : { request, response, ...Object.fromEntries(categories) };
}

function ruleMatch(evaluation: Evaluation, match: MatchRecord): RuleMatch {
  const rule = evaluation.program.rules[match.rule];
  const witness = witnessOf(evaluation, rule);
  return {
    rule: rule.name,
    id: rule.id,
    title: rule.title,
    severity: rule.severity,
    level: rule.level,
    tags: rule.tags,
    phase: PHASES[match.phase],
    mode: rule.enforced ? 'enforce' : 'monitor',
    unknown: match.unknown,
    message: messageOf(evaluation, rule, witness),
    witness,
    effects: rule.actions.effects,
  };
}

/** The value whose arrival decided the rule; among several of one step, the first test in the rule. */
function witnessOf(evaluation: Evaluation, rule: ProgramRule): Witness | undefined {
  let best: { leaf: Leaf; settled: Settled } | undefined;
  for (const id of rule.leaves) {
    const settled = evaluation.settled.get(id);
    if (settled !== undefined && (best === undefined || settled.step > best.settled.step)) {
      best = { leaf: evaluation.program.leaves[id], settled };
    }
  }
  if (best !== undefined) return valueWitness(evaluation, best.leaf, best.settled);
  for (const id of rule.leaves) {
    const leaf = evaluation.program.leaves[id];
    if (leaf.subject !== null) return scalarWitness(evaluation, leaf);
  }
  return undefined;
}

/** The witness of a value that settled a leaf. */
export function valueWitness(evaluation: Evaluation, leaf: Leaf, settled: Settled): Witness {
  const { redaction } = evaluation.program;
  const isScalar = settled.origin === ORIGIN_SCALAR;
  const text = textOf(settled.value);
  const hidden = isScalar
    ? redaction.fields.has(settled.name)
    : settled.facet === FACET.VALUE &&
      (redaction.covers(settled.origin, settled.name) || redaction.fields.has(fieldOfOrigin(settled.origin)));
  const field = isScalar ? settled.name : fieldOfOrigin(settled.origin);
  const label = isScalar ? field : `${field}["${settled.name}"]`;
  const show = (part: string): Shown => (hidden ? redact(redaction, label, part) : shown(part));
  const found = matchedText(evaluation, leaf, settled);
  return {
    field,
    name: isScalar ? '' : settled.name,
    path: isScalar ? '' : settled.path,
    variable: variableName(settled.origin, settled.facet, settled.name),
    value: show(text),
    text: found === undefined ? undefined : show(found.text),
    subject: found === undefined ? undefined : show(found.subject),
    offset: found === undefined ? -1 : found.start,
    pointer: settled.pointer,
    reason: settled.reason,
    count: undefined,
  };
}

/** Runs the leaf once more on the value to see what its pattern matched. */
function matchedText(
  evaluation: Evaluation,
  leaf: Leaf,
  settled: Settled,
): { text: string; start: number; subject: string } | undefined {
  const test = leaf.selection;
  if (test === null) return undefined;
  evaluation.lastFound = null;
  evaluation.watchesMatches = true;
  evaluation.boundNames[test.binding] = settled.name;
  evaluation.boundPaths[test.binding] = settled.path;
  evaluation.boundOrigins[test.binding] = settled.origin;
  test.test(evaluation, settled.value);
  evaluation.watchesMatches = false;
  return evaluation.lastFound ?? undefined;
}

/** The witness of a test on a scalar. */
export function scalarWitness(evaluation: Evaluation, leaf: Leaf): Witness {
  const { redaction } = evaluation.program;
  const value = leaf.subject === null ? undefined : leaf.subject(evaluation);
  const text = textOf(value);
  return {
    field: leaf.field,
    name: '',
    path: '',
    variable: variableOfField(leaf.field),
    value: redaction.fields.has(leaf.field) ? redact(redaction, leaf.field, text) : shown(text),
    text: undefined,
    subject: undefined,
    offset: -1,
    pointer: undefined,
    reason: undefined,
    count: typeof value === 'number' ? value : undefined,
  };
}

function messageOf(evaluation: Evaluation, rule: ProgramRule, witness: Witness | undefined): string {
  return rule.message.map((piece) => printPiece(evaluation, piece, witness)).join('');
}

function printPiece(evaluation: Evaluation, piece: MessagePiece, witness: Witness | undefined): string {
  switch (piece.kind) {
    case 'text':
      return piece.text;
    case 'scalar': {
      const text = textOf(piece.read(evaluation));
      return piece.redacted === undefined
        ? shown(text)
        : printShown(redact(evaluation.program.redaction, piece.redacted, text));
    }
    case 'match':
      return witness === undefined ? '' : printMatch(witness, piece.part);
  }
}

function printMatch(witness: Witness, part: MatchPart): string {
  switch (part) {
    case 'name':
      return shown(witness.name);
    case 'path':
      return shown(witness.path);
    case 'variable':
      return shown(witness.variable);
    case 'value':
      return printShown(witness.value);
    case 'text':
      return printShown(witness.text ?? witness.value);
    case 'subject':
      return printShown(witness.subject ?? witness.value);
    case 'count':
      return witness.count === undefined ? '' : String(witness.count);
    case 'pointer':
      return shown(witness.pointer ?? '');
    case 'reason':
      return witness.reason ?? '';
  }
}
