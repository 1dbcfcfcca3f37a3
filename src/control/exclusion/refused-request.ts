/** What a report says of a refused request, as far as a suggestion needs it. */
import type { Report } from '../../engine/api.ts';
import type { RefusedRequest } from './exclusion-advisor.ts';

/**
 * The refusal of an exchange: of its verdict, else of the verdict as if every rule were enforced, so that a policy on
 * trial is tuned before it refuses anybody. Undefined if neither blocks.
 */
export function refusedRequest(
  report: Report,
  { method, path }: { readonly method: string; readonly path: string },
): RefusedRequest | undefined {
  const isReal = report.verdict.action === 'block';
  const { action, by } = isReal ? report.verdict : report.shadow;
  if (action !== 'block' || by === null) return undefined;
  return {
    id: report.requestId,
    method,
    path,
    by,
    matches: isReal ? report.matches.filter(({ mode }) => mode === 'enforce') : report.matches,
    matchesDropped: report.matchesDropped,
  };
}
