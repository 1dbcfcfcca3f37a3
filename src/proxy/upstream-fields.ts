/**
 * The one policy that decides which fields reach the upstream and writes Ward's own.
 *
 * Order matters: hop-by-hop fields go first, then what an untrusted peer may not claim, then Ward writes. Everything
 * a client could use to pose as someone else (`x-forwarded-*`, `forwarded`, `x-real-ip`, …) or as another request
 * (`x-original-url`, `x-http-method-override`) is taken from trusted peers only.
 */
import { type TokenSource, TokenStripper } from '../identity/tokens/token-source.ts';
import { HOP_BY_HOP, isPlainFieldName } from '../http/fields.ts';
import type { RequestHead } from '../http/request-head.ts';

export interface UpstreamFieldsOptions {
  /** Which fields tell the service about the client. */
  readonly write: 'x-forwarded' | 'forwarded' | 'both' | 'none';
  /** Claim fields that pass although the peer is not trusted; lower-case. */
  readonly passFromAnyone: readonly string[];
  /** Names outside `[a-z0-9-]` that are passed on all the same; lower-case. */
  readonly passOddNames: readonly string[];
  /** Fields only Ward writes: stripped from every request, whoever sends them; lower-case. */
  readonly owned?: readonly string[] | undefined;
  /** Where tokens stand that the service does not get. */
  readonly strippedTokens?: readonly TokenSource[] | undefined;
}

/** Fields by which a request claims to be another one, or from elsewhere. All `x-forwarded-*` belong here too. */
const CLAIMS = new Set([
  'forwarded',
  'x-original-url',
  'x-rewrite-url',
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'true-client-ip',
  'x-original-host',
  'x-original-forwarded-for',
]);

/** Written anew by Ward, or by undici from what was parsed. */
const REWRITTEN = new Set(['host', 'content-length', 'expect', 'x-request-id', ...HOP_BY_HOP]);

export class UpstreamFields {
  #writesX: boolean;
  #writesForwarded: boolean;
  #passFromAnyone: ReadonlySet<string>;
  #passOddNames: ReadonlySet<string>;
  #owned: ReadonlySet<string>;
  #stripper: TokenStripper | undefined;

  #narrowed = { sent: '', readable: '', text: 'identity' };

  constructor(options: UpstreamFieldsOptions) {
    this.#writesX = options.write === 'x-forwarded' || options.write === 'both';
    this.#writesForwarded = options.write === 'forwarded' || options.write === 'both';
    this.#passFromAnyone = new Set(options.passFromAnyone);
    this.#passOddNames = new Set(options.passOddNames);
    this.#owned = new Set(options.owned);
    const { strippedTokens } = options;
    this.#stripper = strippedTokens === undefined ? undefined : new TokenStripper(strippedTokens);
  }

  /**
   * The fields of the upstream request, `host` first. One pass.
   *
   * @param peerTrusted    the peer is in `trusted_proxies`
   * @param acceptEncoding the codings Ward reads, when it must read the answer
   * @param own            fields that entry steps write; `owned` strips what clients send under their names
   */
  build(
    head: RequestHead,
    peerTrusted: boolean,
    acceptEncoding: string | undefined,
    own: readonly string[] = [],
  ): string[] {
    const fields = ['host', head.host];
    const { fields: sent } = head;
    const chain: ForwardedChain = { for: '', proto: '', host: '', forwarded: '' };
    let cookieAt = -1;
    for (let i = 0; i < sent.length; i += 2) {
      const name = sent[i];
      if (REWRITTEN.has(name) || this.#owned.has(name)) continue;
      let value = sent[i + 1];
      if (this.#stripper !== undefined) {
        const kept = this.#stripper.strip(name, value);
        if (kept === undefined) continue;
        value = kept;
      }
      // CGI-style servers map `x_forwarded_for` and `x-forwarded-for` to one variable (RFC 3875 §4.1.18).
      if (!isPlainFieldName(name) && !this.#passesOdd(name)) continue;
      if (name.startsWith('x-forwarded-') || CLAIMS.has(name)) {
        if (!peerTrusted && !this.#passFromAnyone.has(name)) continue;
        if (this.#writes(name)) {
          if (peerTrusted) extend(chain, name, value);
          continue;
        }
      } else if (name === 'accept-encoding' && acceptEncoding !== undefined) {
        value = this.#narrow(value, acceptEncoding);
      } else if (name === 'cookie') {
        // Rules read cookie lines as one (RFC 9113 §8.2.3); servers differ about several, so they become one.
        if (cookieAt >= 0) {
          fields[cookieAt] += `; ${value}`;
          continue;
        }
        cookieAt = fields.length + 1;
      }
      fields.push(name, value);
    }
    this.#write(fields, head, chain);
    for (const text of own) fields.push(text);
    return fields;
  }

  /** A name that was allowed, unless a CGI-style server takes it for one that only Ward writes. */
  #passesOdd(name: string): boolean {
    return this.#passOddNames.has(name) && !this.#owned.has(name.replaceAll('_', '-'));
  }

  /** Clients say what their like have said before: the last answer is kept. */
  #narrow(sent: string, readable: string): string {
    const last = this.#narrowed;
    if (last.sent !== sent || last.readable !== readable) {
      last.text = narrow(sent, readable);
      last.sent = sent;
      last.readable = readable;
    }
    return last.text;
  }

  /** Ward's own fields, this hop added to the chain of trusted ones. */
  #write(fields: string[], head: RequestHead, chain: ForwardedChain): void {
    fields.push('x-request-id', head.id);
    const peer = head.client.peer.text;
    if (this.#writesX) {
      fields.push('x-forwarded-for', chain.for === '' ? peer : `${chain.for}, ${peer}`);
      fields.push('x-forwarded-proto', chain.proto === '' ? head.scheme : chain.proto);
      fields.push('x-forwarded-host', chain.host === '' ? head.host : chain.host);
    }
    if (this.#writesForwarded) {
      // RFC 7239 §4 and §6: an IPv6 address stands in brackets and quotes.
      const node = peer.includes(':') ? `"[${peer}]"` : peer;
      const hop = `for=${node};host="${head.host}";proto=${head.scheme}`;
      fields.push('forwarded', chain.forwarded === '' ? hop : `${chain.forwarded}, ${hop}`);
    }
  }

  /** Fields Ward writes itself are never passed on beside its own. */
  #writes(name: string): boolean {
    if (this.#writesForwarded && name === 'forwarded') return true;
    return (
      this.#writesX &&
      (name === 'x-forwarded-for' || name === 'x-forwarded-proto' || name === 'x-forwarded-host')
    );
  }
}

/** What trusted proxies before Ward said, per field. */
interface ForwardedChain {
  for: string;
  proto: string;
  host: string;
  forwarded: string;
}

function extend(chain: ForwardedChain, name: string, value: string): void {
  if (name === 'x-forwarded-for') chain.for = chain.for === '' ? value : `${chain.for}, ${value}`;
  else if (name === 'forwarded')
    chain.forwarded = chain.forwarded === '' ? value : `${chain.forwarded}, ${value}`;
  else if (name === 'x-forwarded-proto') chain.proto = value;
  else chain.host = value;
}

/** The client's `accept-encoding` without codings Ward could not read; `identity` when nothing is left. */
export function narrow(sent: string, readable: string): string {
  const known = new Set(readable.split(',').map((coding) => coding.trim().toLowerCase()));
  const kept = sent.split(',').filter((element) => {
    const coding = element.split(';', 1)[0].trim().toLowerCase();
    return coding === 'identity' || known.has(coding);
  });
  return kept.length === 0 ? 'identity' : kept.map((element) => element.trim()).join(', ');
}
