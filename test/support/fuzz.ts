/**
 * What the fuzz targets share: a seed and a number of runs from the environment, a small generator that gives the same
 * numbers everywhere, and mutations of texts. `FUZZ_SEED=… FUZZ_RUNS=… npx vitest run --project fuzz` repeats a failure.
 */

/** Printed in the name of each target, so that a failure can be repeated. */
export const FUZZ_SEED = Number(process.env['FUZZ_SEED'] ?? 20_260_101);

/** Runs of a target: what the environment says, else few enough for a few seconds. */
export function fuzzRuns(otherwise: number): number {
  return Number(process.env['FUZZ_RUNS'] ?? otherwise);
}

export type Random = (below: number) => number;

/** Mulberry32: whole numbers from 0 to below `below`. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

export function pick<T>(values: readonly T[], random: Random): T {
  return values[random(values.length)];
}

/** Up to `editsMax` places of the text dropped, doubled, or replaced by a token or a byte. */
export function mutate(text: string, tokens: readonly string[], random: Random, editsMax = 4): string {
  let mutated = text;
  for (let edits = 1 + random(editsMax); edits > 0; edits--) {
    const at = random(mutated.length + 1);
    const to = Math.min(mutated.length, at + random(12));
    const piece = pick(
      [mutated.slice(at, to), pick(tokens, random), String.fromCharCode(random(256)), ''],
      random,
    );
    mutated = mutated.slice(0, at) + piece + mutated.slice(random(2) === 0 ? at : to);
  }
  return mutated;
}
