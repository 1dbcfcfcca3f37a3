/**
 * All limiters and floods: each checked once, and the phase of each known before, because rules, functions and other
 * limits that read `limiter.x.used` or `flood.y.active` need it wherever they stand.
 */
import type { FieldPhase } from '../../http/schema.ts';
import type { Flood, Limiter } from '../ast-limiter.ts';
import type { CheckedFlood, CheckedLimiter } from '../checked.ts';
import type { Context, LimitPort } from './context.ts';
import { checkFlood, floodReads } from './floods.ts';
import { checkLimiter, limiterReads } from './limiters.ts';
import type { PhaseUse } from './phases.ts';
import { isLater, latestUse } from './phases.ts';

export class Limits implements LimitPort {
  readonly #context: Context;
  readonly #phases = new Map<Limiter | Flood, FieldPhase>();
  /** Kinds whose phase is being found: what they read of their own kind is an error, reported when they are checked. */
  readonly #open = new Set<'Limiter' | 'Flood'>();
  #limiters: readonly CheckedLimiter[] = [];
  #floods: readonly CheckedFlood[] = [];

  constructor(context: Context) {
    this.#context = context;
  }

  checkAll(): void {
    const { names } = this.#context;
    this.#floods = names
      .all('Flood')
      .map((node) => checkFlood(this.#context, node, this.#phaseOf(node, floodReads)));
    this.#limiters = names
      .all('Limiter')
      .map((node) => checkLimiter(this.#context, node, this.#phaseOf(node, limiterReads)));
  }

  get limiters(): readonly CheckedLimiter[] {
    return this.#limiters;
  }

  get floods(): readonly CheckedFlood[] {
    return this.#floods;
  }

  phaseOfLimiter(name: string): FieldPhase {
    const node = this.#context.names.any(name);
    return node?.kind === 'Limiter' ? this.#phaseOf(node, limiterReads) : 'headers';
  }

  phaseOfFlood(name: string): FieldPhase {
    const node = this.#context.names.any(name);
    return node?.kind === 'Flood' ? this.#phaseOf(node, floodReads) : 'headers';
  }

  /** At least the head: so all limits of a head are one trip to the store, and taken together or not at all. */
  #phaseOf<Node extends Limiter | Flood>(
    node: Node,
    reads: (context: Context, node: Node) => readonly PhaseUse[],
  ): FieldPhase {
    const known = this.#phases.get(node);
    if (known !== undefined) return known;
    if (this.#open.has(node.kind)) return 'headers';
    this.#open.add(node.kind);
    // Muted, and checked again with diagnostics by `checkAll`: the first to ask may itself be muted.
    const latest = latestUse(this.#context.muted(() => reads(this.#context, node)));
    this.#open.delete(node.kind);
    // What comes after the body is an error in a key, and not also one of each rule that limits.
    const phase = latest !== undefined && isLater(latest.phase, 'headers') ? 'body' : 'headers';
    this.#phases.set(node, phase);
    return phase;
  }
}
