/** Which bytes of a response are overwritten: the satisfying values of the `mask` rules that hold and are enforced. */
import { HELD_MASKS_MAX } from '../core/limits.ts';
import type { Mask } from './api.ts';
import type { Evaluation } from './evaluation.ts';
import type { Judge } from './judge.ts';

const STAR = 0x2a;
const ZERO = 0x30;

/** Start, end and kind of a span in a flat list. */
const STRIDE = 3;

/**
 * Keeps the span of a value in a flat list of start, end, and 1 for a number. Beyond HELD_MASKS_MAX the last span grows
 * over what follows it: memory stays bounded, and too much is covered rather than too little.
 */
export function holdSpan(spans: number[], start: number, end: number, isNumber: boolean): void {
  if (spans.length < HELD_MASKS_MAX * STRIDE) {
    spans.push(start, end, isNumber ? 1 : 0);
    return;
  }
  const last = spans.length - STRIDE;
  spans[last] = Math.min(spans[last], start);
  spans[last + 1] = Math.max(spans[last + 1], end);
  spans[last + 2] = 0;
}

/** Takes the spans found so far, cut by `keep`, sorted and without overlap. Each is handed out once. */
export function takeMasks(evaluation: Evaluation, judge: Judge): readonly Mask[] {
  if (evaluation.spans.size === 0) return [];
  const masks: Mask[] = [];
  const taken = new Set<number>();
  for (const { rule: index } of judge.matches) {
    const rule = evaluation.program.rules[index];
    if (!rule.enforced || rule.actions.maskKeep < 0) continue;
    for (const leaf of rule.leaves) {
      const spans = evaluation.spans.get(leaf);
      if (spans === undefined) continue;
      taken.add(leaf);
      for (let i = 0; i < spans.length; i += STRIDE) {
        const end = spans[i + 1] - rule.actions.maskKeep;
        if (end > spans[i]) masks.push({ start: spans[i], end, with: spans[i + 2] === 1 ? ZERO : STAR });
      }
    }
  }
  for (const leaf of taken) evaluation.spans.delete(leaf);
  return merged(masks);
}

/** Segments overlap, so spans may come twice. */
function merged(masks: Mask[]): readonly Mask[] {
  masks.sort((a, b) => a.start - b.start || b.end - a.end);
  const result: Mask[] = [];
  for (const mask of masks) {
    const last = result.at(-1);
    if (last !== undefined && mask.start < last.end) {
      if (mask.end > last.end) result[result.length - 1] = { ...last, end: mask.end };
    } else {
      result.push(mask);
    }
  }
  return result;
}
