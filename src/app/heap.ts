/**
 * What compiling rules leaves behind is given back at once. A rule set of another engine makes five times as much garbage
 * as it leaves program, in each thread, and V8, which judges by its own limits and not by what a neighbour may need,
 * keeps it until requests have filled the rest of its heap.
 */
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { HEAP_GARBAGE_BYTES_MAX, HEAP_SETTLED_MS } from '../core/limits.ts';

/**
 * Has V8 begin every object in the young generation, whatever became of others from the same line, for all threads of the
 * process. What rules are made of stays; V8 concludes that what the same lines make stays, and puts what requests need
 * for a millisecond where only a full collection finds it: of 90,000 requests 60 MB, a quarter of what a worker holds.
 */
export function beginObjectsYoung(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
}

/** The second lets go of the pages that the first has emptied. */
const COLLECTIONS = 2;

/**
 * Does the work; when the heap of this thread has grown by more than HEAP_GARBAGE_BYTES_MAX, collects before it returns.
 * Pages count, not what is on them: collections on the way leave few objects on many. Those of the young generation do not,
 * for any thread may hold them. Throws as the work does. Cost of a collection: 0.1 to 0.3 s in which the thread does nothing else.
 */
export function leavingNoGarbage<T>(work: () => T): T {
  const before = pageBytes();
  const result = work();
  if (pageBytes() - before > HEAP_GARBAGE_BYTES_MAX) collectGarbage();
  return result;
}

/** Of all spaces but the young ones. */
function pageBytes(): number {
  let bytes = 0;
  for (const { space_name: name, physical_space_size: size } of getHeapSpaceStatistics()) {
    if (!name.startsWith('new_')) bytes += size;
  }
  return bytes;
}

/**
 * Collects once, later. V8 makes a young generation that has grown small again only in a collection before which little was
 * allocated for some seconds: in a thread that has read rules and answers no requests 30 MB it never needs again.
 */
export function collectWhenSettled(): void {
  setTimeout(collectGarbage, HEAP_SETTLED_MS).unref();
}

/**
 * Contexts made from now on have `gc`. The way through the inspector, which would change no flag, is not taken: its
 * collection never ends when it is asked for while modules are evaluated (Node 20).
 */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  for (let done = 0; done < COLLECTIONS; done++) gc();
}
