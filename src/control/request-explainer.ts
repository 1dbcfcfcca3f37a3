/** What the rules make of one written-down request, test by test. */
import { explain } from '../compiler/explain.ts';
import type { Explanation } from '../compiler/explain.ts';
import type { CheckedPolicy } from '../dsl/checked.ts';
import type { RefusalReason } from '../http/guard/refusal.ts';
import { admit, factsOf, feed } from './inspection.ts';
import type { WrittenRequest } from './inspection.ts';
import { placeholderSecrets } from './rule-set.ts';

export type ExplainedRequest =
  | { readonly kind: 'refused'; readonly reason: RefusalReason; readonly status: number }
  | { readonly kind: 'judged'; readonly explanation: Explanation };

export async function explainRequest(
  policy: CheckedPolicy,
  request: WrittenRequest,
): Promise<ExplainedRequest> {
  const admission = admit(request);
  if ('reason' in admission) return { kind: 'refused', ...admission };
  const options = { secrets: placeholderSecrets(policy) };
  const explanation = await explain(
    policy,
    options,
    admission.head,
    (transaction) => feed(transaction, request),
    factsOf(request),
  );
  return { kind: 'judged', explanation };
}
