/** The pooled parts of one transaction: its state, the dispatcher of values and the judge. */
import { EVALUATION_POOL_MAX } from '../core/limits.ts';
import { chooseBody } from '../http/body/sniff.ts';
import type { BodyChoice } from '../http/body/sniff.ts';
import { combineLines } from '../http/fields.ts';
import type { RequestHead } from '../http/request-head.ts';
import { lowerAscii } from '../http/transform/lower.ts';
import type { Gates } from '../limiter/gates.ts';
import type { ValueCache } from '../matcher/value-cache.ts';
import type { RequestFacts } from './api.ts';
import { Evaluation } from './evaluation.ts';
import { Gatekeeper } from './gates/gatekeeper.ts';
import { Judge } from './judge.ts';
import type { RuleProgram } from './program.ts';
import { RoutePlans, appliesTo } from './route-plan.ts';
import { FALSE, TRUE } from './three-valued.ts';
import { ValueDispatcher } from './value-dispatcher.ts';
import type { CachedLeaves } from './text-scanner.ts';

const NO_BODY: BodyChoice = { kind: 'none', fault: null };

export class Workbench {
  readonly evaluation: Evaluation;
  readonly dispatcher: ValueDispatcher;
  readonly judge: Judge;
  readonly gatekeeper: Gatekeeper;
  body: BodyChoice = NO_BODY;

  constructor(program: RuleProgram, cache: ValueCache<CachedLeaves>) {
    this.evaluation = new Evaluation(program);
    this.dispatcher = new ValueDispatcher(this.evaluation, cache);
    this.judge = new Judge(this.evaluation);
    this.gatekeeper = new Gatekeeper(this.evaluation, this.judge);
  }

  /** Puts a new exchange on the bench: routes it, chooses its plan, decides the exclusions. */
  take(head: RequestHead, plans: RoutePlans, gates: Gates | null, facts?: RequestFacts): void {
    const { evaluation } = this;
    const { program } = evaluation;
    evaluation.reset(head, facts);
    this.dispatcher.reset();
    this.judge.reset();
    this.gatekeeper.begin(gates, facts);
    evaluation.route = program.routes.match(head.method, head.path);
    evaluation.plan = plans.planFor(viewsOf(program, head, evaluation.route?.index ?? -1));
    this.body = head.hasBody ? chooseBody(combineLines(head.fields, 'content-type')) : NO_BODY;
    evaluation.bodyKind = this.body.kind;
  }

  /** The waivers of the head: exclusions are decided before any value is looked at (docs/language.md, Evaluation 9). */
  decideExclusions(): void {
    const { evaluation } = this;
    evaluation.program.exclusions.forEach(({ routes, condition }, index) => {
      const applies =
        appliesTo(routes, evaluation.plan.views, true) &&
        (condition === null || condition(evaluation) === TRUE);
      evaluation.exclusionStates[index] = applies ? TRUE : FALSE;
    });
  }
}

/** Routes the views of a path fall on, the canonical one first. */
function viewsOf(program: RuleProgram, head: RequestHead, primary: number): readonly number[] {
  const views = [primary];
  addViews(views, program, head.pathViews, head.method);
  // Servers answer HEAD with what they have for GET (RFC 9110 §9.3.2).
  if (head.method === 'HEAD') addViews(views, program, head.pathViews, 'GET');
  return views;
}

/** Each view as servers compare it: letter by letter, and without regard to case and a final slash. */
function addViews(
  views: number[],
  { viewRoutes, laxViewRoutes }: RuleProgram,
  paths: readonly string[],
  method: string,
): void {
  for (const path of paths) {
    const strict = viewRoutes.match(method, path)?.index ?? -1;
    if (!views.includes(strict)) views.push(strict);
    const lax = laxViewRoutes.match(method, lowerAscii(path))?.index ?? -1;
    if (!views.includes(lax)) views.push(lax);
  }
}

/** Benches of one program, kept for reuse up to a bound. */
export class WorkbenchPool {
  readonly plans: RoutePlans;
  readonly #program: RuleProgram;
  readonly #cache: ValueCache<CachedLeaves>;
  readonly #free: Workbench[] = [];

  constructor(program: RuleProgram, cache: ValueCache<CachedLeaves>) {
    this.#program = program;
    this.#cache = cache;
    this.plans = new RoutePlans(program);
  }

  get(): Workbench {
    return this.#free.pop() ?? new Workbench(this.#program, this.#cache);
  }

  put(bench: Workbench): void {
    if (this.#free.length < EVALUATION_POOL_MAX) this.#free.push(bench);
  }
}
