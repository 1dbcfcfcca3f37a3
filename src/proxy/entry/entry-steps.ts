/** The entry steps of one proxy, in the order they are asked: cheap ones and demands on the connection come first. */
import type { EntryStep } from './entry-step.ts';

export function entrySteps(): readonly EntryStep[] {
  return [];
}
