/** Where in a response text a satisfying test holds, so that `mask` can cover it. */
import type { SpanFinder } from '../engine/program.ts';
import type { TruthTest } from '../engine/evaluation-context.ts';
import { TRUE } from '../engine/three-valued.ts';
import { FIND_MATCHES_MAX } from '../core/limits.ts';
import { unpipe } from './analysis.ts';
import { compileBody } from './conditions.ts';
import type { ProgramBuilder, QuantifiedParts } from './program-builder.ts';
import { wordsOf } from './relations.ts';
import { bindStep, stepsBefore } from './steps.ts';

/** Null when the selection reads nothing of a response body: there is nothing to mask. */
export function spanFinder(builder: ProgramBuilder, parts: QuantifiedParts): SpanFinder | null {
  const { source, body, binding } = parts;
  if (!source.picks.some((pick) => pick.field?.name.startsWith('response.body.'))) return null;
  const left = body.kind === 'test' ? unpipe(body.left) : undefined;
  const steps = [...source.steps, ...(left?.input.kind === 'bound' ? left.steps : [])];
  const [first, ...rest] = steps;
  if (first?.name === 'find' && first.args[0]?.kind === 'pattern') {
    const { source: pattern, flags } = first.args[0].pattern;
    const regex = builder.regex(pattern, flags);
    const scope = builder.plainScope();
    const index = scope.binding(binding);
    const inner: TruthTest = compileBody(builder, body, scope);
    const bound = rest.slice(0, source.steps.length - 1).map((step) => bindStep(builder, step));
    const test = stepsBefore(bound, (evaluation, value) => {
      evaluation.bound[index] = value;
      return inner(evaluation);
    });
    return (evaluation, text) =>
      coverAll(
        text,
        regex.findAll(text, FIND_MATCHES_MAX + 1),
        ([start, end]) => test(evaluation, text.slice(start, end)) === TRUE,
      );
  }
  if (body.kind === 'test' && steps.length === 0) {
    const { relation } = body;
    if (relation.kind === 'matches') {
      const regex = builder.regex(relation.pattern.source, relation.pattern.flags);
      return (_, text) => coverAll(text, regex.findAll(text, FIND_MATCHES_MAX + 1), () => true);
    }
    if (relation.kind === 'contains' && relation.words.kind !== 'scalar') {
      const words = wordsOf(builder, relation.words);
      return (_, text) => words.flatMap((word) => occurrences(text, word));
    }
  }
  return (_, text) => [0, text.length];
}

/** The spans to cover, in one list; the whole text when there are too many to tell them apart. */
function coverAll(
  text: string,
  found: readonly (readonly [number, number])[],
  isMeant: (span: readonly [number, number]) => boolean,
): number[] {
  return found.length > FIND_MATCHES_MAX ? [0, text.length] : found.filter(isMeant).flat();
}

function occurrences(text: string, word: string): number[] {
  const spans: number[] = [];
  if (word === '') return spans;
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) {
    if (spans.length === FIND_MATCHES_MAX * 2) return [0, text.length];
    spans.push(at, at + word.length);
  }
  return spans;
}
