/**
 * What a rule may cost, before it runs: bytes of the reference request times passes over them (E501).
 *
 * The reference is a request of an ordinary API client with a body that fills a page; the budget of a policy speaks of
 * it. The prefilter spares nearly all of this; the figure is what remains when it does not.
 */
import type { CheckedRule, Condition, Pick, Selection, Step } from '../dsl/checked.ts';
import { diagnostic } from '../dsl/diagnostics/diagnostic.ts';
import type { Diagnostic } from '../dsl/diagnostics/diagnostic.ts';
import { unpipe } from './analysis.ts';
import type { ProgramBuilder } from './program-builder.ts';

/** Bytes per origin of the reference request and its response. */
const REFERENCE_BYTES: Readonly<Record<string, number>> = {
  query: 256,
  form: 4_096,
  json: 4_096,
  multipart: 4_096,
  xml: 4_096,
  nested: 512,
  header: 1_024,
  cookie: 512,
  part_header: 256,
  text: 4_096,
  response_header: 512,
  response_text: 4_096,
  response_json: 4_096,
  ws_text: 1_024,
};
const SCALAR_BYTES = 64;
/** A body is of one kind: selections over several of them pay for one. */
const BODY_ORIGINS: ReadonlySet<string> = new Set(['form', 'json', 'multipart', 'xml']);

/** Nanoseconds a byte, of the slowest linear pass of each sort. */
const NS_PER_BYTE = { step: 1.2, search: 2.5, words: 1, compare: 0.1 };
const NS_PER_TEST = 40;

export function ruleCostsUs(builder: ProgramBuilder, rules: readonly CheckedRule[]): number[] {
  return rules.map((rule) =>
    rule.condition === undefined
      ? 0
      : Math.round(conditionNs(builder, rule.condition, SCALAR_BYTES) / 10) / 100,
  );
}

/** Rules above the budget of a rule, and a policy above the budget of a request. */
export function costDiagnostics(
  builder: ProgramBuilder,
  rules: readonly CheckedRule[],
  costs: readonly number[],
): Diagnostic[] {
  const { budgetRuleUs } = builder.settings;
  if (budgetRuleUs === undefined) return [];
  return rules.flatMap((rule, index) =>
    costs[index] <= budgetRuleUs
      ? []
      : [
          diagnostic(
            'E501',
            rule.span,
            `\`${rule.name}\` may cost ${costs[index]} us, the budget of a rule is ${budgetRuleUs} us`,
            {
              help: 'narrow its selection, drop transformations, or raise `budget … rule`',
            },
          ),
        ],
  );
}

function conditionNs(builder: ProgramBuilder, condition: Condition, bytes: number): number {
  switch (condition.kind) {
    case 'constant':
      return 0;
    case 'and':
    case 'or':
      return condition.items.reduce((sum, item) => sum + conditionNs(builder, item, bytes), 0);
    case 'not':
      return conditionNs(builder, condition.item, bytes);
    case 'quantified': {
      const size = selectionBytes(condition.source);
      return stepsNs(condition.source.steps, size) + conditionNs(builder, condition.body, size);
    }
    case 'test': {
      const { steps } = unpipe(condition.left);
      return NS_PER_TEST + stepsNs(steps, bytes) + relationNs(condition.relation.kind, bytes);
    }
  }
}

function relationNs(kind: string, bytes: number): number {
  switch (kind) {
    case 'matches':
      return bytes * NS_PER_BYTE.search;
    case 'contains':
    case 'is':
      return bytes * NS_PER_BYTE.words;
    default:
      return bytes * NS_PER_BYTE.compare;
  }
}

function stepsNs(steps: readonly Step[], bytes: number): number {
  return steps.length * bytes * NS_PER_BYTE.step;
}

function selectionBytes(source: Selection): number {
  return source.picks.reduce((sum, pick) => sum + pickBytes(pick), 0);
}

function pickBytes(pick: Pick): number {
  const { field } = pick;
  if (field === undefined || field.form === 'scalar') return SCALAR_BYTES;
  const known = field.form === 'json' ? ['json'] : field.origins;
  const body = known.some((origin) => BODY_ORIGINS.has(origin)) ? REFERENCE_BYTES.json : 0;
  const rest = known
    .filter((origin) => !BODY_ORIGINS.has(origin))
    .reduce((sum, origin) => sum + (REFERENCE_BYTES[origin] ?? SCALAR_BYTES), 0);
  const whole = body + rest;
  return pick.key?.kind === 'name' || field.part !== 'value' ? Math.min(whole, SCALAR_BYTES * 4) : whole;
}
