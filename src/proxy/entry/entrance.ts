/**
 * Leads requests past the entry steps into the engine, and past the last step out of it. The first refusal ends the row;
 * the engine is begun only when every step has answered and none refused, and the last step is asked only of what the
 * engine lets on by its head.
 */
import type { EngineSlot } from '../../engine/api.ts';
import type { EntryRequest, EntryStep, LastStep, StepAnswer } from './entry-step.ts';
import { Passage } from './passage.ts';

export class Entrance {
  readonly #steps: readonly EntryStep[];
  readonly #slot: EngineSlot;
  readonly #last: LastStep | undefined;

  /**
   * @param slot asked for the engine when the steps have answered, not before
   * @param last asked when the engine has judged the head; undefined: nobody is
   */
  constructor(steps: readonly EntryStep[], slot: EngineSlot, last?: LastStep) {
    this.#steps = steps;
    this.#slot = slot;
    this.#last = last;
  }

  /**
   * Synchronous as far as the steps are: without a wait the passage comes back refused or begun. Throws what a step or
   * the engine throws; after a wait the passage's `opening` rejects with it.
   */
  enter(request: EntryRequest): Passage {
    const passage = new Passage();
    const waiting = this.#ask(passage, request, 0);
    if (waiting !== undefined) passage.waitFor(waiting);
    return passage;
  }

  #ask(passage: Passage, request: EntryRequest, from: number): Promise<void> | undefined {
    const steps = this.#steps;
    for (let i = from; i < steps.length; i++) {
      const answer = steps[i].ask(request);
      if (answer instanceof Promise) return this.#askLater(passage, request, answer, i + 1);
      if (!passage.take(answer)) return undefined;
    }
    passage.begin(this.#slot.current.begin(request.head, passage.facts));
    return this.#last === undefined ? undefined : this.#askLast(this.#last, passage, request);
  }

  async #askLater(
    passage: Passage,
    request: EntryRequest,
    answer: Promise<StepAnswer>,
    next: number,
  ): Promise<void> {
    if (!passage.take(await answer)) return;
    // The client left meanwhile: limits are not spent on it.
    if (passage.isClosed) return;
    const waiting = this.#ask(passage, request, next);
    if (waiting === undefined) await passage.transaction.opening;
    else {
      // The engine's transaction must not be seen before the last step has answered.
      passage.waitFor(waiting);
      await waiting;
    }
  }

  #askLast(last: LastStep, passage: Passage, request: EntryRequest): Promise<void> | undefined {
    const { opening, verdict } = passage.transaction;
    if (opening !== undefined) return this.#askLastLater(last, passage, request, opening);
    if (verdict.action !== 'pass') return undefined;
    const answer = last.ask(lastRequest(passage, request));
    if (answer instanceof Promise) return answer.then((settled) => passage.takeLast(settled));
    passage.takeLast(answer);
    return undefined;
  }

  /** The head waits for a limit or a ban on another machine. */
  async #askLastLater(
    last: LastStep,
    passage: Passage,
    request: EntryRequest,
    opening: Promise<void>,
  ): Promise<void> {
    const { transaction } = passage;
    await opening;
    if (passage.isClosed) return;
    const isLetOn = transaction.verdict.action === 'pass';
    passage.takeLast(isLetOn ? await last.ask(lastRequest(passage, request)) : undefined);
  }
}

function lastRequest(passage: Passage, { head, peerTrusted }: EntryRequest): Parameters<LastStep['ask']>[0] {
  const { upstreamFields } = passage;
  return { head, peerTrusted, upstreamFields, onClosed: (giveUp) => passage.onClosed(giveUp) };
}
