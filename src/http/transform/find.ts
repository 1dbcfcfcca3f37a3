/** `find(p)`: from a text to what a pattern finds in it. */
import { FIND_MATCHES_MAX } from '../../core/limits.ts';
import { UNKNOWN } from '../value.ts';
import type { MapTransformation, PatternSearch } from './transformation.ts';

/** A pattern for the examples: runs of the letter x. */
const RUNS_OF_X: PatternSearch = {
  findAll: (text, max) => {
    const spans = [...text.matchAll(/x+/g)].map((m) => [m.index, m.index + m[0].length] as const);
    return spans.slice(0, max);
  },
};

export const find: MapTransformation = {
  kind: 'map',
  name: 'find',
  doc: `All non-overlapping matches of a pattern, in order. More than ${FIND_MATCHES_MAX} are unknown rather than cut.`,
  parameters: [{ name: 'pattern', kind: 'Pattern' }],
  from: ['String', 'Bytes'],
  to: 'String',
  result: 'many',
  examples: [
    { input: 'axxbx', args: [RUNS_OF_X], output: ['xx', 'x'] },
    { input: 'none', args: [RUNS_OF_X], output: [] },
    { input: 'x', args: [RUNS_OF_X], output: ['x'] },
  ],
  bind: ([argument]) => {
    const pattern = argument as PatternSearch;
    return (value) => {
      if (typeof value !== 'string') return undefined;
      const spans = pattern.findAll(value, FIND_MATCHES_MAX + 1);
      if (spans.length > FIND_MATCHES_MAX) return UNKNOWN;
      return spans.map(([start, end]) => value.slice(start, end));
    };
  },
};
