/**
 * How far apart neighbouring bytes of a result stood in the text, for steps that make one byte or none of a run.
 *
 * Source code and settings are a third white space, in every line a little: all that is deleted from a long text tells
 * nothing about how far a match was drawn together, the most that is deleted within one stretch does.
 */
import { isSpace } from '../http/transform/bytes.ts';

/** Calls `take` with start and end of each run in order. */
type RunFinder = (text: string, take: (start: number, end: number) => void) => void;

interface RunStep {
  readonly find: RunFinder;
  /** Bytes of the result that a run becomes. */
  readonly leaves: number;
}

const RUN_STEPS: ReadonlyMap<string, RunStep> = new Map([
  ['squeeze', { find: runsOf(isSpace), leaves: 1 }],
  ['remove_space', { find: runsOf(isSpace), leaves: 0 }],
  ['remove_nulls', { find: runsOf((byte) => byte === 0), leaves: 0 }],
  ['replace_comments', { find: findComments, leaves: 1 }],
]);

/**
 * The most that the step deletes between `bytes` neighbouring bytes of its result; undefined for a step that does not
 * work on runs. Linear in the text, whatever `bytes` is.
 */
export function mostDeletedWithin(step: string, text: string, bytes: number): number | undefined {
  const run = RUN_STEPS.get(step);
  if (run === undefined) return undefined;
  // By run: where it begins in the result, and what was deleted in it.
  const places: number[] = [];
  const deletions: number[] = [];
  let oldest = 0;
  let deletedBefore = 0;
  let deletedWithin = 0;
  let most = 0;
  run.find(text, (start, end) => {
    const deleted = end - start - run.leaves;
    if (deleted === 0) return;
    const place = start - deletedBefore;
    deletedBefore += deleted;
    places.push(place);
    deletions.push(deleted);
    deletedWithin += deleted;
    while (place - places[oldest] > bytes) deletedWithin -= deletions[oldest++];
    if (deletedWithin > most) most = deletedWithin;
  });
  return most;
}

function runsOf(isOne: (byte: number) => boolean): RunFinder {
  return (text, take) => {
    let start = -1;
    for (let at = 0; at < text.length; at++) {
      if (isOne(text.charCodeAt(at))) {
        if (start < 0) start = at;
      } else if (start >= 0) {
        take(start, at);
        start = -1;
      }
    }
    if (start >= 0) take(start, text.length);
  };
}

/** As `replace_comments` finds them: one that is not closed goes to the end. */
function findComments(text: string, take: (start: number, end: number) => void): void {
  let start = text.indexOf('/*');
  while (start >= 0) {
    const close = text.indexOf('*/', start + 2);
    const end = close < 0 ? text.length : close + 2;
    take(start, end);
    start = close < 0 ? -1 : text.indexOf('/*', end);
  }
}
