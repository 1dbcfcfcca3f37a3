/**
 * What a rule may cost, before it runs: bytes of the reference request times passes over them (E501).
 *
 * The reference is a request of an ordinary API client with a body that fills a page; the budget of a policy speaks of
 * it. The prefilter spares nearly all of this; the figure is what remains when it does not.
 */
import type { CheckedAction, CheckedPolicy, CheckedRule, PolicySettings } from '../dsl/checked.ts';
import type { Condition, Pick as FieldPick, Scalar, Selection, Step } from '../dsl/checked-condition.ts';
import { diagnostic } from '../dsl/diagnostics/diagnostic.ts';
import type { Diagnostic } from '../dsl/diagnostics/diagnostic.ts';
import { unpipe } from './analysis.ts';

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
/** To ask one limit in memory, its key not counted. */
const NS_PER_LIMIT = 700;

/** Worst case of each rule: its condition, and the keys, costs and rates of what it limits and bans. */
export function ruleCostsUs(rules: readonly CheckedRule[], policy: GatePolicy): number[] {
  return rules.map((rule) => {
    const ns = rule.condition === undefined ? 0 : conditionNs(rule.condition, SCALAR_BYTES);
    return Math.round((ns + sum(rule.actions.map((action) => actionNs(action, policy)))) / 10) / 100;
  });
}

type GatePolicy = Pick<CheckedPolicy, 'limiters' | 'floods'>;

function actionNs(action: CheckedAction, { limiters, floods }: GatePolicy): number {
  if (action.kind === 'ban') return scalarNs(action.key);
  if (action.kind !== 'limit') return 0;
  const limiter = limiters.find(({ name }) => action.of === 'limiter' && name === action.name);
  const flood = floods.find(({ name }) => action.of === 'flood' && name === action.name);
  const keyNs = sum((limiter ?? flood)?.key.map(scalarNs) ?? []);
  const ratesNs = limiter?.rates.map(({ when }) =>
    when === undefined ? 0 : conditionNs(when, SCALAR_BYTES),
  );
  const costNs = limiter?.cost === undefined ? 0 : scalarNs(limiter.cost);
  return NS_PER_LIMIT + keyNs + sum(ratesNs ?? []) + costNs;
}

function scalarNs(scalar: Scalar): number {
  return NS_PER_TEST + stepsNs(unpipe(scalar).steps, SCALAR_BYTES);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** Worst case of a condition on the reference request, microseconds with two decimals. */
export function conditionCostUs(condition: Condition): number {
  return Math.round(conditionNs(condition, SCALAR_BYTES) / 10) / 100;
}

/** Rules above the budget of a rule, and a policy above the budget of a request. */
export function costDiagnostics(
  settings: PolicySettings,
  rules: readonly CheckedRule[],
  costs: readonly number[],
): Diagnostic[] {
  const { budgetRuleUs = Infinity } = settings;
  const found = rules.flatMap((rule, index) =>
    costs[index] <= budgetRuleUs
      ? []
      : [
          diagnostic(
            'E501',
            rule.condition?.span ?? rule.span,
            `\`${rule.name}\` may cost ${costs[index]} us, the budget of a rule is ${budgetRuleUs} us`,
            { help: 'narrow its selection, drop transformations, or raise `budget … rule`' },
          ),
        ],
  );
  return [...found, ...requestCostDiagnostics(settings, rules, costs)];
}

/** Rules named in the message about a request that costs too much. */
const COSTLY_RULES_SHOWN = 3;

/** All rules of one request together; those on other routes never meet, so the costliest route counts. */
function requestCostDiagnostics(
  { budgetRequest }: PolicySettings,
  rules: readonly CheckedRule[],
  costs: readonly number[],
): Diagnostic[] {
  if (budgetRequest === undefined) return [];
  const routes = [undefined, ...new Set(rules.flatMap((rule) => rule.routes))];
  const sums = routes.map((route) => {
    const met = rules.flatMap((rule, index) =>
      rule.routes.length === 0 || (route !== undefined && rule.routes.includes(route))
        ? [{ rule, costUs: costs[index] }]
        : [],
    );
    return { route, met, costUs: met.reduce((sum, { costUs }) => sum + costUs, 0) };
  });
  const worst = sums.reduce((most, sum) => (sum.costUs > most.costUs ? sum : most));
  if (worst.costUs <= budgetRequest.us) return [];
  const costliest = worst.met.sort((a, b) => b.costUs - a.costUs).slice(0, COSTLY_RULES_SHOWN);
  const where = worst.route === undefined ? 'a request' : `a request on \`${worst.route}\``;
  return [
    diagnostic(
      'E501',
      budgetRequest.span,
      `the rules of ${where} may cost ${Math.ceil(worst.costUs)} us, the budget is ${budgetRequest.us} us`,
      {
        labels: costliest.map(({ rule, costUs }) => ({
          span: rule.condition?.span ?? rule.span,
          message: `up to ${costUs} us`,
        })),
        help: 'narrow the costliest rules, limit them to routes, or raise `budget request`',
      },
    ),
  ];
}

function conditionNs(condition: Condition, bytes: number): number {
  switch (condition.kind) {
    case 'constant':
      return 0;
    case 'and':
    case 'or':
      return condition.items.reduce((sum, item) => sum + conditionNs(item, bytes), 0);
    case 'not':
      return conditionNs(condition.item, bytes);
    case 'quantified': {
      const size = selectionBytes(condition.source);
      return stepsNs(condition.source.steps, size) + conditionNs(condition.body, size);
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

function pickBytes(pick: FieldPick): number {
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
