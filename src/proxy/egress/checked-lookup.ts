/**
 * The only way from a name to an address for calls of the service: every address of an answer is checked, and the connection
 * is made to those that were handed over here. Nothing asks a second time, so an answer that changes meanwhile (DNS
 * rebinding) changes nothing.
 *
 * An answer with one address that may not be called is refused whole: services do not live in two worlds, attacks do.
 */
import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import {
  EGRESS_ADDRESSES_MAX,
  EGRESS_DNS_MS,
  EGRESS_DNS_TRIES,
  EGRESS_LOOKUPS_MAX,
} from '../../core/limits.ts';
import { parseIp } from '../../http/address.ts';
import { FORBIDDEN_ADDRESS } from '../upstream/upstream.ts';
import type { AddressGuard } from './address-guard.ts';

type Answer = readonly LookupAddress[];

export class CheckedLookup {
  readonly #guard: AddressGuard;
  readonly #ask: (name: string) => Promise<Answer>;
  /** Names under way; everybody who wants one waits for the same answer. */
  readonly #pending = new Map<string, Promise<Answer>>();
  #refused = 0;

  /** @param servers asked instead of the system's resolver, if there are any */
  constructor(guard: AddressGuard, servers: readonly string[]) {
    this.#guard = guard;
    this.#ask = servers.length === 0 ? askSystem : askServers(servers);
  }

  /** Answers that were refused. */
  get refused(): number {
    return this.#refused;
  }

  /** As `net.connect` takes it. */
  readonly lookup: LookupFunction = (name, options, callback) => {
    this.resolve(name).then(
      (answer) => {
        const { family } = options;
        const wanted = family === 4 || family === 6 ? answer.filter((one) => one.family === family) : answer;
        const [first] = wanted;
        if (first === undefined) callback(failure('ENOTFOUND', `${name} has no address of that family`), '');
        else if (options.all === true) callback(null, [...wanted]);
        else callback(null, first.address, first.family);
      },
      (error: unknown) => callback(error as NodeJS.ErrnoException, ''),
    );
  };

  /** The addresses of a name, at most `EGRESS_ADDRESSES_MAX`. Rejects with a code of its own or of the system. */
  async resolve(name: string): Promise<Answer> {
    let pending = this.#pending.get(name);
    if (pending === undefined) {
      if (this.#pending.size >= EGRESS_LOOKUPS_MAX)
        throw failure('EAI_AGAIN', 'too many names are asked for');
      pending = this.#ask(name).finally(() => this.#pending.delete(name));
      this.#pending.set(name, pending);
    }
    return this.#checked(name, await pending);
  }

  #checked(name: string, answer: Answer): Answer {
    for (const { address } of answer) {
      // A zone (fe80::1%eth0) makes it no address that could be called.
      const ip = parseIp(address);
      if (ip !== null && this.#guard.permits(ip)) continue;
      this.#refused += 1;
      throw failure(FORBIDDEN_ADDRESS, `${name} is ${address}, which may not be called`);
    }
    if (answer.length === 0) throw failure('ENOTFOUND', `${name} has no address`);
    return answer.slice(0, EGRESS_ADDRESSES_MAX);
  }
}

function failure(code: string, message: string): NodeJS.ErrnoException {
  return Object.assign(new Error(message), { code });
}

function askSystem(name: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    systemLookup(name, { all: true, verbatim: true }, (error, answer) => {
      if (error === null) resolve(answer);
      else reject(error);
    });
  });
}

/** A and AAAA at once; one of them is enough. */
function askServers(servers: readonly string[]): (name: string) => Promise<Answer> {
  const resolver = new Resolver({ timeout: EGRESS_DNS_MS, tries: EGRESS_DNS_TRIES });
  resolver.setServers(servers);
  return async (name) => {
    const [v4, v6] = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
    if (v4.status === 'rejected' && v6.status === 'rejected') {
      const { code, message } = v4.reason as NodeJS.ErrnoException;
      throw failure(code === 'ETIMEOUT' ? 'ETIMEDOUT' : 'ENOTFOUND', message);
    }
    const found = (result: PromiseSettledResult<string[]>, family: 4 | 6): LookupAddress[] =>
      result.status === 'fulfilled' ? result.value.map((address) => ({ address, family })) : [];
    return [...found(v4, 4), ...found(v6, 6)];
  };
}
