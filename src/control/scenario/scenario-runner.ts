/**
 * Runs the scenarios of a policy: requests over time through the real engine, the real limits, floods and bans, on a clock
 * that stands still until the scenario says `advance`.
 *
 * A scenario begins with nothing counted. Limits of `store cluster` are asked of a store in memory that can be made to
 * fail; what happens then is the business of the same `ClusterStore` that speaks to Redis.
 */
import type { CheckedScenario, CheckedStep } from '../../dsl/checked-request.ts';
import type { CheckedPolicy } from '../../dsl/checked.ts';
import type { Diagnostic } from '../../dsl/diagnostics/diagnostic.ts';
import { diagnostic } from '../../dsl/diagnostics/diagnostic.ts';
import type { Engine, Transaction, Verdict } from '../../engine/api.ts';
import { WorkerBanBook } from '../../limiter/bans/worker-ban-book.ts';
import { ClusterStore } from '../../limiter/cluster/cluster-store.ts';
import { FloodMeter } from '../../limiter/flood/flood-meter.ts';
import { createFloodTables } from '../../limiter/flood/flood-tables.ts';
import type { Gates } from '../../limiter/gates.ts';
import { createMemoryTables } from '../../limiter/memory/memory-tables.ts';
import { MemoryStore } from '../../limiter/memory/memory-store.ts';
import { addressInside } from '../../http/address.ts';
import { admit, factsOf, feed } from '../inspection.ts';
import { VirtualStore } from './virtual-store.ts';
import { VirtualTime } from './virtual-time.ts';

export interface ScenarioResult {
  readonly title: string;
  readonly requests: number;
  /** E606 at the step that did not go as told; undefined when all did. */
  readonly diagnostic: Diagnostic | undefined;
}

/** Makes an engine of a policy, with switches turned and gates of its own. */
export type CompileScenario = (
  policy: CheckedPolicy,
  switches: ReadonlyMap<string, boolean>,
  gates: Gates,
  time: VirtualTime,
) => Engine;

/** A Monday at nine: no limit's window begins just then. */
const START_MS = Date.UTC(2026, 0, 5, 9, 0, 7, 531);
/** Keys one scenario may use; they are few and written by hand. */
const SCENARIO_KEYS = 4_096;
const OK_ANSWER = { status: 200, headers: [], body: '' };

type SendStep = Extract<CheckedStep, { kind: 'send' }>;

/** Runs all scenarios, one after the other. Never rejects for what a policy does. */
export async function runScenarios(
  policy: CheckedPolicy,
  compile: CompileScenario,
  onProgress: (done: number, total: number) => void = () => undefined,
): Promise<readonly ScenarioResult[]> {
  const results: ScenarioResult[] = [];
  for (const scenario of policy.scenarios) {
    const stage = new Stage(policy, compile);
    results.push(await stage.play(scenario));
    onProgress(results.length, policy.scenarios.length);
  }
  return results;
}

/** What one scenario runs on. */
class Stage {
  readonly #policy: CheckedPolicy;
  readonly #compile: CompileScenario;
  readonly #time = new VirtualTime(START_MS);
  readonly #store: VirtualStore;
  readonly #gates: Gates;
  readonly #limits: ClusterStore;
  readonly #switches = new Map<string, boolean>();
  /** Addresses used of each network. */
  readonly #clients = new Map<string, number>();
  #engine: Engine;
  #upstreamFails = false;
  #requests = 0;

  constructor(policy: CheckedPolicy, compile: CompileScenario) {
    this.#policy = policy;
    this.#compile = compile;
    this.#store = new VirtualStore(this.#memory());
    this.#limits = new ClusterStore({
      remote: this.#store,
      memory: this.#memory(),
      clock: this.#time,
      timers: this.#time,
      replicas: { value: 1 },
    });
    this.#gates = {
      limits: this.#limits,
      floods: new FloodMeter(createFloodTables({ workers: 1, keys: SCENARIO_KEYS }), this.#time, {
        workerIndex: 0,
      }),
      bans: new WorkerBanBook({ clock: this.#time }),
    };
    this.#engine = this.#compiled();
  }

  async play({ title, steps }: CheckedScenario): Promise<ScenarioResult> {
    const failed = await this.#run(steps, '');
    this.#limits.close();
    return { title, requests: this.#requests, diagnostic: failed };
  }

  /** Steps in order, up to the first that fails. `where` tells the repetition. */
  async #run(steps: readonly CheckedStep[], where: string): Promise<Diagnostic | undefined> {
    for (const step of steps) {
      const failed = await this.#step(step, where);
      if (failed !== undefined) return failed;
    }
    return undefined;
  }

  async #step(step: CheckedStep, where: string): Promise<Diagnostic | undefined> {
    switch (step.kind) {
      case 'repeat':
        for (let round = 1; round <= step.times; round++) {
          const failed = await this.#run(step.steps, `${where}, repetition ${round} of ${step.times}`);
          if (failed !== undefined) return failed;
        }
        return undefined;
      case 'send':
        return this.#send(step, where);
      case 'advance':
        await this.#time.advance(step.ms);
        return undefined;
      case 'outage':
        if (step.of === 'store') this.#store.fails = step.fails;
        else this.#upstreamFails = step.fails;
        return undefined;
      case 'switch':
        this.#switches.set(step.name, step.on);
        this.#engine = this.#compiled();
        return undefined;
    }
  }

  async #send(step: SendStep, where: string): Promise<Diagnostic | undefined> {
    this.#requests++;
    const { request } = step;
    const fail = (what: string): Diagnostic =>
      diagnostic('E606', step.span, `${what}${where}`, {
        help: `expected ${expectation(step)}`,
      });
    if (request.later.length > 0) return fail(`\`${request.later[0]}\` cannot be run yet`);
    const admission = admit({ ...request, from: this.#clientOf(request) });
    if ('reason' in admission) {
      return fail(`this request is refused with ${admission.status} before any rule: ${admission.reason}`);
    }
    const transaction = this.#engine.begin(admission.head, factsOf(request));
    try {
      await transaction.opening;
      const answered = this.#upstreamFails ? undefined : (request.answered ?? OK_ANSWER);
      await feed(transaction, { ...request, answered });
      const outcome = outcomeOf(transaction);
      return holds(step, outcome, transaction.verdict)
        ? undefined
        : fail(describe(outcome, transaction.verdict));
    } finally {
      transaction.close();
    }
  }

  /** Of a network each request has another address, wherever in the scenario it is sent. */
  #clientOf({ from, fromEach }: SendStep['request']): string {
    if (fromEach === undefined) return from;
    const index = this.#clients.get(fromEach.text) ?? 0;
    this.#clients.set(fromEach.text, index + 1);
    return addressInside(fromEach, index).text;
  }

  #memory(): MemoryStore {
    const tables = createMemoryTables({
      smallRecords: SCENARIO_KEYS,
      slidingRecords: SCENARIO_KEYS,
      clock: this.#time,
    });
    return new MemoryStore(tables, this.#time);
  }

  #compiled(): Engine {
    return this.#compile(this.#policy, this.#switches, this.#gates, this.#time);
  }
}

type Happened = SendStep['expect'];

function outcomeOf(transaction: Transaction): Happened {
  const { action } = transaction.verdict;
  if (action !== 'pass') return action;
  return transaction.takeMasks().length > 0 ? 'mask' : 'pass';
}

function holds(step: SendStep, outcome: Happened, verdict: Verdict): boolean {
  // A masked answer was let through all the same.
  if (step.expect !== outcome && !(step.expect === 'pass' && outcome === 'mask')) return false;
  if (step.status !== undefined && step.status !== verdict.status) return false;
  return step.by === undefined || step.by === verdict.by;
}

function expectation({ expect, status, by }: SendStep): string {
  return (
    [`\`${expect}`, ...(status === undefined ? [] : [status]), ...(by === undefined ? [] : ['by', by])].join(
      ' ',
    ) + '`'
  );
}

function describe(outcome: Happened, verdict: Verdict): string {
  if (outcome === 'pass') return 'the request passed';
  if (outcome === 'mask') return 'the request passed and its answer was masked';
  return `the answer was \`${outcome} ${verdict.status} by ${verdict.by ?? 'nothing'}\``;
}
