/**
 * An engine with one fixed policy, for tests of the wire: it looks for byte strings in bodies and heads, holds what
 * it is told to hold, and can be slow, wrong or broken on purpose.
 */
import {
  type Engine,
  PASS,
  type Mask,
  type Report,
  type Transaction,
  type Verdict,
} from '../../src/engine/api.ts';
import type { RequestHead } from '../../src/http/request-head.ts';

export interface FixedPolicy {
  /** Refuse by the head. */
  readonly blockHead?: (head: RequestHead) => number | undefined;
  /** A body with this text is blocked with 403, wherever it stands and however it is cut. */
  readonly blockRequestText?: string;
  readonly blockResponseText?: string;
  /** A WebSocket message with this text is blocked. */
  readonly blockMessageText?: string;
  /** Bytes of request body that must be seen before anything is released. */
  readonly requestHoldBytes?: number;
  readonly responseHoldBytes?: number;
  /** Text of the response to be masked. */
  readonly maskText?: string;
  readonly inspectRequest?: boolean;
  readonly inspectResponse?: boolean;
  /** Body calls answer with a promise, as for compressed bodies. */
  readonly asynchronous?: boolean;
  readonly throwIn?: 'begin' | 'requestBody' | 'requestEnd' | 'responseHead' | 'responseBody' | 'wsMessage';
  readonly onClose?: () => void;
}

const block = (status: number, phase: Verdict['phase']): Verdict => ({
  action: 'block',
  status,
  location: undefined,
  retryAfterS: undefined,
  by: 'fixed',
  phase,
});

export function fixedEngine(policy: FixedPolicy = {}): Engine {
  return {
    version: 'fixed',
    begin: (head) => {
      if (policy.throwIn === 'begin') throw new Error('told to throw');
      return new FixedTransaction(policy, head);
    },
  };
}

export const allowAllEngine: Engine = fixedEngine();

/** Searches a byte string over chunk borders. */
class Needle {
  #text: string;
  #tail = '';
  #seen = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Offsets of all ends of matches in the stream. */
  feed(chunk: Uint8Array): number[] {
    const text = this.#tail + Buffer.from(chunk).toString('latin1');
    const base = this.#seen - this.#tail.length;
    const found: number[] = [];
    for (let at = text.indexOf(this.#text); at >= 0; at = text.indexOf(this.#text, at + 1))
      found.push(base + at);
    this.#seen += chunk.length;
    this.#tail = text.slice(Math.max(0, text.length - this.#text.length + 1));
    return found;
  }
}

class FixedTransaction implements Transaction {
  verdict: Verdict = PASS;
  readonly opening: Promise<void> | undefined = undefined;
  readonly limitReadings = [];
  readonly fault = undefined;
  readonly inspectsRequestBody: boolean;
  readonly inspectsResponseBody: boolean;
  readonly acceptEncoding = 'identity';
  readonly masksResponse: boolean;
  #policy: FixedPolicy;
  #head: RequestHead;
  #request: Needle | null;
  #response: Needle | null;
  #mask: Needle | null;
  #masks: Mask[] = [];
  #requestSeen = 0;
  #requestDone = false;
  #responseSeen = 0;
  #responseDone = false;
  #holdOver = false;

  constructor(policy: FixedPolicy, head: RequestHead) {
    this.#policy = policy;
    this.#head = head;
    const needle = (text: string | undefined) => (text === undefined ? null : new Needle(text));
    this.#request = needle(policy.blockRequestText);
    this.#response = needle(policy.blockResponseText);
    this.#mask = needle(policy.maskText);
    this.inspectsRequestBody = policy.inspectRequest ?? this.#request !== null;
    this.masksResponse = this.#mask !== null;
    this.inspectsResponseBody = policy.inspectResponse ?? (this.#response !== null || this.masksResponse);
    const status = policy.blockHead?.(head);
    if (status !== undefined) this.verdict = block(status, 'headers');
  }

  requestBody(chunk: Uint8Array): void | Promise<void> {
    if (this.#policy.throwIn === 'requestBody') throw new Error('told to throw');
    return this.#answer(() => {
      this.#requestSeen += chunk.length;
      if ((this.#request?.feed(chunk).length ?? 0) > 0) this.verdict = block(403, 'body');
    });
  }

  requestEnd(): void | Promise<void> {
    if (this.#policy.throwIn === 'requestEnd') throw new Error('told to throw');
    return this.#answer(() => {
      this.#requestDone = true;
    });
  }

  get requestReleasable(): number {
    if (!this.inspectsRequestBody || this.#requestDone) return Infinity;
    const { requestHoldBytes = 0 } = this.#policy;
    return this.#requestSeen > requestHoldBytes ? Math.max(0, this.#requestSeen - 64) : 0;
  }

  responseHead(): void {
    if (this.#policy.throwIn === 'responseHead') throw new Error('told to throw');
  }

  responseBody(chunk: Uint8Array): void | Promise<void> {
    if (this.#policy.throwIn === 'responseBody') throw new Error('told to throw');
    return this.#answer(() => {
      this.#responseSeen += chunk.length;
      if ((this.#response?.feed(chunk).length ?? 0) > 0) this.verdict = block(502, 'response_body');
      const text = this.#policy.maskText ?? '';
      for (const start of this.#mask?.feed(chunk) ?? []) {
        this.#masks.push({ start, end: start + text.length, with: 0x2a });
      }
    });
  }

  responseEnd(): void | Promise<void> {
    return this.#answer(() => {
      this.#responseDone = true;
    });
  }

  responseHoldExpired(): void {
    this.#holdOver = true;
  }

  get responseReleasable(): number {
    if (!this.inspectsResponseBody || this.#responseDone) return Infinity;
    if (this.#holdOver) return this.#responseSeen;
    const { responseHoldBytes = 0, maskText = '' } = this.#policy;
    return this.#responseSeen > responseHoldBytes ? Math.max(0, this.#responseSeen - maskText.length) : 0;
  }

  takeMasks(): readonly Mask[] {
    return this.#masks.splice(0);
  }

  wsMessage(_direction: 'in' | 'out', text: Uint8Array): Verdict {
    if (this.#policy.throwIn === 'wsMessage') throw new Error('told to throw');
    const bad = this.#policy.blockMessageText;
    const found = bad !== undefined && Buffer.from(text).includes(bad);
    return found ? block(403, 'ws_message') : PASS;
  }

  report(): Report {
    const matches: Report['matches'] = [];
    return {
      requestId: this.#head.id,
      programVersion: 'fixed',
      policy: 'fixed',
      profile: undefined,
      route: undefined,
      verdict: this.verdict,
      shadow: this.verdict,
      matches,
      matchesDropped: 0,
      thresholds: [],
      scores: {},
      shadowScores: {},
      tags: [],
      alert: false,
      logged: [],
      uninspectable: undefined,
      engineError: undefined,
      bodyBytes: this.#requestSeen,
      limits: [],
      bans: [],
    };
  }

  close(): void {
    this.#policy.onClose?.();
  }

  #answer(work: () => void): void | Promise<void> {
    if (this.#policy.asynchronous !== true) {
      work();
      return undefined;
    }
    return new Promise((resolve) =>
      setImmediate(() => {
        work();
        resolve();
      }),
    );
  }
}
