/**
 * What entry steps tell the log of a request, whatever becomes of it: who it came from, what it was not asked for, and
 * whose word it passed without. Texts are latin1 and as long as a token allows: the log cuts and escapes them.
 */
import type { TokenBearer } from '../../identity/tokens/token-verifier.ts';

/** The demands a path can be exempt from. */
export type Demand = 'https' | 'tls' | 'jwt' | 'authorizer';

export interface EntryNote {
  /** Of a verified token. */
  readonly bearer?: TokenBearer | undefined;
  /** Demands that were not made, because the request's path is exempt. */
  readonly exempt?: readonly Demand[] | undefined;
  /** Why the authoriser could not say anything about a request that was let on all the same. */
  readonly unauthorized?: string | undefined;
}

/** Both. */
export function joinNotes(first: EntryNote | undefined, second: EntryNote): EntryNote {
  if (first === undefined) return second;
  const exempt = [...(first.exempt ?? []), ...(second.exempt ?? [])];
  return { ...first, ...second, exempt: exempt.length === 0 ? undefined : exempt };
}
