/**
 * `ward explain`: what every rule made of one exchange, sub-expression by sub-expression.
 *
 * The exchange runs through the same program as traffic does; afterwards the states it left are read beside the trees
 * they came from. Normal traffic pays nothing, and an explanation cannot differ from what happened.
 */
import type { CheckedPolicy, CheckedRule } from '../dsl/checked.ts';
import type { Condition, Step } from '../dsl/checked-condition.ts';
import { spanText } from '../dsl/source.ts';
import type { Report, RequestFacts, Shown, Witness } from '../engine/api.ts';
import { createEngine } from '../engine/engine.ts';
import { PHASES } from '../engine/phases.ts';
import { shown } from '../engine/redaction.ts';
import { FALSE, TRUE, UNKNOWN, OPEN, both, either, negate } from '../engine/three-valued.ts';
import type { Truth } from '../engine/three-valued.ts';
import { truthName } from '../engine/trace/leaf-trace.ts';
import type { TruthName } from '../engine/trace/leaf-trace.ts';
import type { ExchangeTransaction } from '../engine/transaction.ts';
import type { RequestHead } from '../http/request-head.ts';
import { TRANSFORMATIONS } from '../http/transform/registry.ts';
import { phaseOf, unpipe } from './analysis.ts';
import { compileProgram } from './compile.ts';
import { conditionCostUs } from './cost.ts';
import type { CompileOptions } from './options.ts';
import type { RuleTree } from './rule-tree-types.ts';
import { isWrittenNegation, writtenTests } from './written-tests.ts';
import type { WrittenTest } from './written-tests.ts';

/** A value and what each transformation that changed it made of it, in order. */
export interface ExplainedValue {
  readonly witness: Witness | undefined;
  readonly stages: readonly { readonly step: string; readonly value: Shown }[];
}

/** Values shown of a test that none of them satisfied. */
const VALUES_SHOWN_MAX = 3;

/** One sub-expression. */
export interface ExplainedNode {
  readonly kind: 'test' | 'and' | 'or' | 'not' | 'constant';
  /** As written; '' for the inner nodes. */
  readonly text: string;
  /** Where a test is written, lines and columns from 1; undefined for the inner nodes. */
  readonly place: { readonly path: string; readonly line: number; readonly column: number } | undefined;
  readonly truth: TruthName;
  /** Worst case on the reference request, microseconds; of an inner node that of its parts. */
  readonly costUs: number;
  /** Of a test: the value that decided it. */
  readonly witness: Witness | undefined;
  /** The value after each transformation that changed it, in order. */
  readonly stages: readonly { readonly step: string; readonly value: Shown }[];
  /** Of a test that no value has decided: the first values it looked at, and how many there were. */
  readonly values: readonly ExplainedValue[];
  readonly valueCount: number;
  /** Of a test: the phase in which it becomes final. */
  readonly phase: string | undefined;
  readonly children: readonly ExplainedNode[];
}

export interface ExplainedRule {
  readonly rule: string;
  readonly phase: string;
  readonly truth: TruthName;
  readonly matched: boolean;
  /** Worst case on the reference request, microseconds. */
  readonly costUs: number;
  readonly tree: ExplainedNode;
}

export interface Explanation {
  readonly report: Report;
  /** In order of precedence. */
  readonly rules: readonly ExplainedRule[];
  /** Time the exchange took here, microseconds; a first run, not a warm one. */
  readonly measuredUs: number;
}

/** An engine whose transactions can be asked what the tests of a rule came to. */
export interface ExplainableEngine {
  begin(head: RequestHead, facts?: RequestFacts): ExchangeTransaction;
  /** By rule, in order of writing; rules that are off have none. */
  readonly tests: ReadonlyMap<string, readonly WrittenTest[]>;
}

export function explainable(policy: CheckedPolicy, options: CompileOptions): ExplainableEngine {
  const tests = new Map<string, readonly WrittenTest[]>();
  const { program } = compileProgram(policy, {
    ...options,
    onTree: (rule, tree) => tests.set(rule.name, writtenTests(tree)),
  });
  const engine = createEngine(program);
  return { begin: (head, facts) => engine.begin(head, facts), tests };
}

/** Runs the exchange: `drive` gives the transaction its bodies. */
export async function explain(
  policy: CheckedPolicy,
  options: CompileOptions,
  head: RequestHead,
  drive: (transaction: ExchangeTransaction) => void | Promise<void>,
  facts?: RequestFacts,
): Promise<Explanation> {
  const kept = new Map<number, number>();
  const trees: { readonly rule: CheckedRule; readonly tree: RuleTree }[] = [];
  const { program } = compileProgram(policy, {
    ...options,
    onTree: (rule, tree) => trees.push({ rule, tree }),
    onValues: (leaf, accumulator) => kept.set(leaf, accumulator),
  });
  const from = performance.now();
  const transaction = createEngine(program).begin(head, facts);
  try {
    await transaction.opening;
    await drive(transaction);
    const measuredUs = Math.round((performance.now() - from) * 1_000);
    const report = transaction.report();
    const matched = new Set(report.matches.map((match) => match.rule));
    const rules = trees.map(({ rule, tree }, index): ExplainedRule => {
      const explained = explainNode({ transaction, kept }, tree);
      return {
        rule: rule.name,
        phase: PHASES[program.rules[index].phase],
        truth: explained.truth,
        matched: matched.has(rule.name),
        costUs: program.rules[index].costUs,
        tree: explained,
      };
    });
    return { report, rules, measuredUs };
  } finally {
    transaction.close();
  }
}

const TRUTHS: Readonly<Record<TruthName, Truth>> = { true: TRUE, false: FALSE, unknown: UNKNOWN, open: OPEN };

/** An exchange, and the accumulators that kept what its leaves looked at. */
interface Explained {
  readonly transaction: ExchangeTransaction;
  readonly kept: ReadonlyMap<number, number>;
}

function explainNode(exchange: Explained, tree: RuleTree): ExplainedNode {
  switch (tree.kind) {
    case 'constant':
      return inner('constant', truthName(tree.value), []);
    case 'leaf':
      return explainLeaf(exchange, tree.id, tree.condition);
    case 'not': {
      const child = explainNode(exchange, tree.item);
      // `all` and `none` are written as one test: the negation inside is not shown.
      if (isWrittenNegation(tree)) {
        return { ...child, truth: truthName(negate(TRUTHS[child.truth])) };
      }
      return inner('not', truthName(negate(TRUTHS[child.truth])), [child]);
    }
    case 'and':
    case 'or': {
      const children = tree.items.map((item) => explainNode(exchange, item));
      const [join, start] = tree.kind === 'and' ? [both, TRUE] : [either, FALSE];
      const truth = children.reduce((sum, child) => join(sum, TRUTHS[child.truth]), start);
      return inner(tree.kind, truthName(truth), children);
    }
  }
}

function inner(
  kind: ExplainedNode['kind'],
  truth: TruthName,
  children: readonly ExplainedNode[],
): ExplainedNode {
  const costUs = Math.round(children.reduce((sum, child) => sum + child.costUs, 0) * 100) / 100;
  const nothing = {
    text: '',
    place: undefined,
    witness: undefined,
    stages: [],
    values: [],
    valueCount: 0,
    phase: undefined,
  };
  return { ...nothing, kind, truth, costUs, children };
}

function explainLeaf({ transaction, kept }: Explained, id: number, condition: Condition): ExplainedNode {
  const { truth, witness, text } = transaction.traceLeaf(id);
  const { span } = condition;
  const accumulator = witness === undefined ? kept.get(id) : undefined;
  const values =
    accumulator === undefined ? undefined : transaction.traceValues(id, accumulator, VALUES_SHOWN_MAX);
  return {
    kind: 'test',
    text: spanText(span).replace(/\s+/g, ' '),
    place: { path: span.source.path, ...span.source.lineAt(span.start) },
    truth,
    costUs: conditionCostUs(condition),
    witness,
    stages: stagesOf(text, condition),
    values: (values?.first ?? []).map((value) => ({
      witness: value.witness,
      stages: stagesOf(value.text, condition),
    })),
    valueCount: values?.count ?? 0,
    phase: PHASES[phaseOf(condition)],
    children: [],
  };
}

function stepsOf(condition: Condition): readonly Step[] {
  if (condition.kind === 'quantified') {
    const { source, body } = condition;
    return [...source.steps, ...(body.kind === 'test' ? unpipe(body.left).steps : [])];
  }
  return condition.kind === 'test' ? unpipe(condition.left).steps : [];
}

/** What text steps with plain arguments make of the value, one after the other; stops at the first of another sort. */
function stagesOf(text: string | undefined, condition: Condition): ExplainedNode['stages'] {
  if (text === undefined) return [];
  const stages: { step: string; value: Shown }[] = [];
  let value = text;
  for (const step of stepsOf(condition)) {
    const transformation = TRANSFORMATIONS.get(step.name);
    const args = step.args.flatMap((argument) =>
      argument.kind === 'int' || argument.kind === 'string' ? [argument.value] : [],
    );
    if (transformation?.kind !== 'text' || args.length < step.args.length) break;
    const after = transformation.bind(args)(value);
    if (after !== value) stages.push({ step: step.name, value: shown(after) });
    value = after;
  }
  return stages;
}
