/** Holds clients to HTTPS: what came by plain HTTP is sent to the same target by HTTPS, or refused. */
import type { RequestHead } from '../../http/request-head.ts';
import type { Denial, EntryRequest, EntryStep, Finding, StepAnswer } from './entry-step.ts';

/** Plain data, as configured. */
export interface HttpsOptions {
  readonly plain: 'redirect' | 'refuse';
  /** Requests are also asked of that a trusted proxy says came to it by plain HTTP. */
  readonly behindProxy: boolean;
  /** Port of the redirect; 443 is left out. */
  readonly port: number;
  /** Canonical paths. */
  readonly exemptPaths: readonly string[];
  /** What is done with plain HTTP is done by `plain`; false: nothing is, and only `hsts` counts. */
  readonly enforce: boolean;
  /** Strict-Transport-Security for answers to secure requests (RFC 6797 §7.2: never in the clear). */
  readonly hsts: string | undefined;
}

const EXEMPT: Finding = { kind: 'finding', note: { exempt: ['https'] } };
const REFUSED: Denial = { kind: 'denial', reason: 'https.required', status: 403 };

export class HttpsStep implements EntryStep {
  readonly #options: HttpsOptions;
  readonly #exempt: ReadonlySet<string>;
  readonly #secure: Finding | undefined;

  constructor(options: HttpsOptions) {
    this.#options = options;
    this.#exempt = new Set(options.exemptPaths);
    const { hsts } = options;
    this.#secure =
      hsts === undefined ? undefined : { kind: 'finding', answerFields: ['strict-transport-security', hsts] };
  }

  ask({ head, peerTrusted, isSocket }: EntryRequest): StepAnswer {
    if (!this.#isPlain(head, peerTrusted)) return this.#secure;
    if (!this.#options.enforce) return undefined;
    if (this.#exempt.has(head.path)) return EXEMPT;
    // Nobody follows a redirect on a WebSocket, and one of a body would send it again in the clear meanwhile.
    if (this.#options.plain === 'refuse' || isSocket) return REFUSED;
    return { kind: 'denial', reason: 'https.required', status: 308, location: this.#location(head) };
  }

  #isPlain(head: RequestHead, peerTrusted: boolean): boolean {
    if (!this.#options.behindProxy) return head.scheme === 'http';
    // Health checks of the proxy itself bear no such field: they pass.
    return peerTrusted ? forwardedScheme(head) === 'http' : head.scheme === 'http';
  }

  /** Host and target were checked by the guard: neither can leave its place in the field. */
  #location(head: RequestHead): string {
    const host = head.host.replace(/:\d+$/, '');
    const { port } = this.#options;
    return `https://${host}${port === 443 ? '' : `:${port}`}${head.target}`;
  }
}

/**
 * What the proxy next to Ward says a request came by: the last word of x-forwarded-proto, else `proto` of the last element of
 * `forwarded` (RFC 7239 §5.4). Words before it may be the client's own.
 */
function forwardedScheme(head: RequestHead): string | undefined {
  let forwarded: string | undefined;
  let proto: string | undefined;
  const { fields } = head;
  for (let i = 0; i < fields.length; i += 2) {
    if (fields[i] === 'x-forwarded-proto') proto = lastElement(fields[i + 1]);
    else if (fields[i] === 'forwarded')
      forwarded = /(?:^|;)\s*proto="?([a-z]+)"?\s*(?:;|$)/i.exec(lastElement(fields[i + 1]))?.[1];
  }
  return (proto ?? forwarded)?.toLowerCase();
}

function lastElement(value: string): string {
  return value.slice(value.lastIndexOf(',') + 1).trim();
}
