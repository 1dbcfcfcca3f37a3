/**
 * What the `detect_…` transformations share: predicates over one text that a grammar of `src/detect` decides
 * (docs/detection.md). Each may read long texts in pieces, and none has parameters.
 */
import type { MapTransformation } from './transformation.ts';

/** A grammar as a predicate; `needs` is what a text must have for `reads` to be able to say yes. Cost: that of `reads`. */
export function detector(
  parts: Pick<MapTransformation, 'name' | 'doc' | 'examples' | 'needs'> & {
    readonly reads: (text: string) => boolean;
  },
): MapTransformation {
  const { reads, ...named } = parts;
  return {
    ...named,
    kind: 'map',
    parameters: [],
    from: ['String'],
    to: 'Bool',
    result: 'one',
    perSegment: true,
    bind: () => (value) => typeof value === 'string' && reads(value),
  };
}
