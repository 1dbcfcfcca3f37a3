/**
 * Leads requests past the entry steps into the engine. The first refusal ends the row; the engine is begun only when
 * every step has answered and none refused.
 */
import type { EngineSlot } from '../../engine/api.ts';
import type { EntryRequest, EntryStep, StepAnswer } from './entry-step.ts';
import { Passage } from './passage.ts';

export class Entrance {
  readonly #steps: readonly EntryStep[];
  readonly #slot: EngineSlot;

  /** @param slot asked for the engine when the steps have answered, not before */
  constructor(steps: readonly EntryStep[], slot: EngineSlot) {
    this.#steps = steps;
    this.#slot = slot;
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
    return undefined;
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
    await this.#ask(passage, request, next);
    await passage.transaction.opening;
  }
}
