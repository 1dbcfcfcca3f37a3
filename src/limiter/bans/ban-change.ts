/**
 * What one copy of the bans tells another. All times are relative to the moment of telling, for the copies share no
 * clock: threads count from their own start, machines disagree.
 */
export type BanChange =
  | {
      readonly op: 'ban';
      readonly kind: string;
      /** Latin1. */
      readonly key: string;
      readonly by: string;
      readonly reason?: string | undefined;
      /** How long ago it was set. */
      readonly agoMs: number;
      /** How long it still lasts. */
      readonly forMs: number;
    }
  | {
      readonly op: 'lift';
      readonly kind: string;
      readonly key: string;
      readonly agoMs: number;
      /** How long it must be remembered: while a copy of the ban may still be about. */
      readonly forMs: number;
    }
  /** Ends every ban set before. `tag` tells it from others: its age, measured twice, is never quite the same. */
  | { readonly op: 'lift_all'; readonly tag: string; readonly agoMs: number };

/** One name for kind and key; no kind has a NUL. */
export function banId(kind: string, key: string): string {
  return `${kind}\0${key}`;
}
