/** The name an author probably meant. */
import { distance } from 'fastest-levenshtein';
import { NEAREST_NAME_CHARS_MAX } from '../../core/limits.ts';

/**
 * The candidate closest to `name`, or undefined if none is close: one edit in a
 * short name, two in one of four letters or more, a third of a long one.
 * Ties go to the first candidate. O(candidates × length²), with names beyond a limit never compared.
 */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  if (name.length > NEAREST_NAME_CHARS_MAX) return undefined;
  let best: string | undefined;
  const editsMax = name.length < 4 ? 1 : Math.max(2, Math.floor(name.length / 3));
  let bestDistance = editsMax + 1;
  for (const candidate of candidates) {
    if (candidate === name || Math.abs(candidate.length - name.length) >= bestDistance) continue;
    const edits = distance(name, candidate);
    if (edits < bestDistance) {
      best = candidate;
      bestDistance = edits;
    }
  }
  return best;
}

/** ``did you mean `x`?``, or undefined if no candidate is close. */
export function didYouMean(name: string, candidates: Iterable<string>): string | undefined {
  const nearest = nearestName(name, candidates);
  return nearest === undefined ? undefined : `did you mean \`${nearest}\`?`;
}
