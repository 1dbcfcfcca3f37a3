/** A worker's part in tokens: its verifier, and the line on which the main thread tells it of keys. */
import type { MessagePort } from 'node:worker_threads';
import type { JwtConfig } from '../config/jwt-config.ts';
import type { Clock } from '../core/clock.ts';
import { claimPath } from '../identity/tokens/forwarded-claims.ts';
import { KeyRing } from '../identity/tokens/key-ring.ts';
import { keySetFromJwks } from '../identity/tokens/key-set.ts';
import { type TokenIssuer, TokenVerifier } from '../identity/tokens/token-verifier.ts';
import type { KeyMessage, KeyWanted } from './key-service.ts';
import { type IssuerStart, keySetOf } from './token-keys.ts';

/** The main thread gives up on a fetch by itself; this much later it is taken to be stuck. */
const ANSWER_SLACK_MS = 1_000;

/** Settings are written in UTF-16, claims are read as latin1 of their UTF-8 bytes. */
const latin1 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

/** Resolves when it knows all keys there are at the start: a worker must not listen before. */
export async function linkTokens(
  jwt: JwtConfig,
  issuers: readonly IssuerStart[],
  port: MessagePort,
  clock: Clock,
): Promise<TokenVerifier> {
  const line = new KeyLine(port, jwt.jwks.timeoutMs + ANSWER_SLACK_MS);
  const known: TokenIssuer[] = [];
  for (const [index, { config, keys }] of issuers.entries()) {
    const ring = new KeyRing({
      keepMs: keys === undefined ? jwt.jwks.keepMs : Number.POSITIVE_INFINITY,
      cooldownMs: jwt.jwks.cooldownMs,
      clock,
      ask: keys === undefined ? () => line.ask(index) : undefined,
    });
    line.rings.set(index, ring);
    if (keys !== undefined) ring.replace(await keySetOf(keys), clock.now());
    known.push({
      name: latin1(config.issuer),
      audiences: config.audiences.map(latin1),
      algorithms: config.algorithms,
      requiredClaims: config.requiredClaims.map(latin1),
      type: config.type,
      skewMs: jwt.skewMs,
      keys: ring,
    });
  }
  const forwarded = Object.entries(jwt.forwardClaims).map(([claim, field]) => ({
    path: claimPath(latin1(claim)),
    field,
  }));
  await line.level();
  return new TokenVerifier(known, forwarded, clock);
}

/** Takes messages one after another: importing keys takes a while, and the order counts. */
class KeyLine {
  readonly rings = new Map<number, KeyRing>();
  readonly #port: MessagePort;
  readonly #answerMs: number;
  readonly #texts = new Map<number, string>();
  readonly #asking = new Map<number, () => void>();
  #onLevel: () => void = () => undefined;
  #taken: Promise<void> = Promise.resolve();

  constructor(port: MessagePort, answerMs: number) {
    this.#port = port;
    this.#answerMs = answerMs;
  }

  level(): Promise<void> {
    return new Promise((resolve) => {
      this.#onLevel = resolve;
      this.#port.on('message', (message: KeyMessage) => {
        this.#taken = this.#taken.then(() => this.#take(message));
      });
    });
  }

  /** Settles when the main thread has answered, or does not. */
  ask(issuer: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#answerMs);
      this.#asking.set(issuer, () => {
        clearTimeout(timer);
        resolve();
      });
      this.#port.postMessage({ issuer } satisfies KeyWanted);
    });
  }

  async #take(message: KeyMessage): Promise<void> {
    switch (message.kind) {
      case 'keys':
        return this.#renew(message.issuer, message.text, message.confirmedAtMs);
      case 'local_keys':
        // The main thread has found them usable; how long ago does not count for files.
        this.rings.get(message.issuer)?.replace(await keySetOf(message.keys), 0);
        return;
      case 'answered':
        this.#asking.get(message.issuer)?.();
        return;
      case 'level':
        this.#onLevel();
        this.#port.unref(); // the line alone keeps no worker alive that has nothing else to do
        return;
    }
  }

  /** The main thread has read the text before: it is a key set. */
  async #renew(issuer: number, text: string, confirmedAtMs: number): Promise<void> {
    const ring = this.rings.get(issuer);
    if (this.#texts.get(issuer) === text) {
      ring?.confirm(confirmedAtMs);
      return;
    }
    this.#texts.set(issuer, text);
    ring?.replace(await keySetFromJwks(text), confirmedAtMs);
  }
}
