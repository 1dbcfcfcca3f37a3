/** Phases: when a rule is decided, which is when the last of its fields is there; and what may be done then. */
import type { FieldPhase } from '../../http/schema.ts';
import { PHASE_ORDER } from '../../http/schema.ts';
import type { Condition, Pick, Scalar } from '../checked-condition.ts';
import type { Span } from '../source.ts';
import type { Context } from './context.ts';
import { visitCondition, visitScalar } from './tree.ts';
import type { TreeVisitor } from './tree.ts';

/** A phase and the first thing that needs it. */
export interface PhaseUse {
  readonly phase: FieldPhase;
  readonly what: string;
  readonly span: Span;
}

/** Everything that needs a phase, in order of place. */
export function phaseUses(condition: Condition | undefined, scalars: readonly Scalar[] = []): PhaseUse[] {
  const uses: PhaseUse[] = [];
  const visitor: TreeVisitor = {
    scalar(scalar) {
      if (scalar.kind === 'field' || scalar.kind === 'lines' || scalar.kind === 'json') {
        uses.push({ phase: scalar.field.phase, what: scalar.field.name, span: scalar.span });
      } else if (scalar.kind === 'limiterPart') {
        uses.push({
          phase: scalar.phase,
          what: `limiter.${scalar.limiter}.${scalar.part}`,
          span: scalar.span,
        });
      } else if (scalar.kind === 'floodPart') {
        uses.push({ phase: scalar.phase, what: `flood.${scalar.flood}.${scalar.part}`, span: scalar.span });
      } else if (scalar.kind === 'sample' && scalar.key === undefined) {
        uses.push({ phase: 'headers', what: 'request.id', span: scalar.span });
      }
    },
    pick(pick) {
      if (pick.field !== undefined) {
        uses.push({ phase: pick.field.phase, what: pick.field.name, span: pick.span });
      }
    },
  };
  if (condition !== undefined) visitCondition(condition, visitor);
  for (const scalar of scalars) visitScalar(scalar, visitor, false);
  return uses;
}

/** The use with the latest phase; the first of them. */
export function latestUse(uses: readonly PhaseUse[]): PhaseUse | undefined {
  let latest: PhaseUse | undefined;
  for (const use of uses) if (latest === undefined || isLater(use.phase, latest.phase)) latest = use;
  return latest;
}

export function isLater(phase: FieldPhase, than: FieldPhase): boolean {
  return PHASE_ORDER.indexOf(phase) > PHASE_ORDER.indexOf(than);
}

/** What besides its condition a rule waits for. */
export interface RuleWaits {
  /** Its limiters and floods. */
  readonly limits: readonly PhaseUse[];
  /** It names routes. */
  readonly onRoutes: boolean;
}

/** The phase of a rule. One that reads no field, names routes or limits waits for the head. E401 where phases never meet. */
export function inferPhase(
  context: Context,
  uses: readonly PhaseUse[],
  waits: RuleWaits,
): { readonly phase: FieldPhase; readonly latest: PhaseUse | undefined } {
  const latest = latestUse([...uses, ...waits.limits]);
  const message = uses.find((use) => use.phase === 'ws_message');
  const foreign = uses.find(
    (use) => use.phase === 'body' || use.phase === 'response_headers' || use.phase === 'response_body',
  );
  if (message !== undefined && foreign !== undefined) {
    context.report('E401', foreign.span, `\`${foreign.what}\` is never there with a WebSocket message`, {
      labels: [{ span: message.span, message: `needs the phase ${message.phase}` }],
    });
  }
  const least: FieldPhase = waits.onRoutes || uses.length === 0 ? 'headers' : 'connection';
  const phase = latest !== undefined && isLater(latest.phase, least) ? latest.phase : least;
  return { phase, latest };
}

/**
 * A binder block that reads another selection of its own phase, which both must then be kept ("retaining",
 * LANGUAGE section 8); undefined if there is none.
 */
export function retainingBlock(
  condition: Condition,
): { span: Span; pick: Pick; phase: FieldPhase } | undefined {
  let found: { span: Span; pick: Pick; phase: FieldPhase } | undefined;
  visitCondition(condition, {
    condition(node) {
      if (node.kind !== 'quantified' || found !== undefined) return;
      const phases = new Set(node.source.picks.map((pick) => pick.field?.phase));
      visitCondition(node.body, {
        pick(pick) {
          const phase = pick.field?.phase;
          if (phase === undefined || !phases.has(phase) || !isStreamed(phase)) return;
          found ??= { span: node.span, pick, phase };
        },
      });
    },
  });
  return found;
}

/** Values of these phases arrive one by one and are not kept. */
function isStreamed(phase: FieldPhase): boolean {
  return phase === 'body' || phase === 'response_body';
}
