/**
 * What a worker remembers of its clients: how many exchanges each has under way, how much it asked for lately, how
 * often it hung up, and how well it is known.
 *
 * A set-associative table of typed arrays: a fixed number of places, eight of which a client may take. A new client
 * takes the place of the least known one with nothing under way, so that a flood of new addresses displaces itself and
 * not the clients who were there before. IPv6 clients count by /64, of which one subscriber has at least one (RFC 6177 §2).
 */
import { CLIENT_STANDING_MAX, CLIENT_TABLE_PLACES, CLIENT_TABLE_WAYS } from '../../core/limits.ts';
import { mix32 } from '../../core/mix32.ts';
import type { IpAddress } from '../../http/address.ts';

/** In the place of the first word for IPv4; as an IPv6 address it would be multicast, which no client has. */
const IPV4 = 0xffffffff;
/** Turns of absence after which standing is halved: half an hour of turns of 10 s. */
const STANDING_HALF_LIFE_TURNS = 180;
const NO_CLIENT = -1;

/** Places of clients are numbers; -1 stands for a client there was no room for. */
export class ClientTable {
  readonly #seed: number;
  readonly #turnMs: number;
  readonly #high = new Uint32Array(CLIENT_TABLE_PLACES);
  readonly #low = new Uint32Array(CLIENT_TABLE_PLACES);
  readonly #taken = new Uint8Array(CLIENT_TABLE_PLACES);
  readonly #inFlight = new Uint16Array(CLIENT_TABLE_PLACES);
  /** Counts of the turn in `#turns` and of the one before. */
  readonly #turns = new Uint32Array(CLIENT_TABLE_PLACES);
  readonly #asked = new Uint32Array(CLIENT_TABLE_PLACES);
  readonly #askedBefore = new Uint32Array(CLIENT_TABLE_PLACES);
  readonly #resets = new Uint32Array(CLIENT_TABLE_PLACES);
  readonly #resetsBefore = new Uint32Array(CLIENT_TABLE_PLACES);
  readonly #standing = new Uint8Array(CLIENT_TABLE_PLACES);
  /** The turn after which a good answer earns standing again. */
  readonly #earnedIn = new Uint32Array(CLIENT_TABLE_PLACES);
  /** The turn in which the client was last refused for greed. */
  readonly #refusedIn = new Uint32Array(CLIENT_TABLE_PLACES);
  #turn = 1;
  #turnEndsMs = 0;
  #turnStartMs = 0;
  #totalAsked = 0;
  #totalAskedBefore = 0;
  #activeClients = 0;
  #activeClientsBefore = 0;
  #evicted = 0;

  /**
   * @param seed secret of the process: nobody can choose addresses that share places
   * @param turnMs length of the turns in which requests and resets are counted
   */
  constructor(seed: number, turnMs: number) {
    this.#seed = seed;
    this.#turnMs = turnMs;
  }

  /** Number of the present turn. */
  get turn(): number {
    return this.#turn;
  }

  /** Clients forgotten to make room. */
  get evicted(): number {
    return this.#evicted;
  }

  /** Bits that stand for a client, the same for as long as the process runs. */
  hash(address: IpAddress): number {
    const { words, family } = address;
    return family === 4
      ? mix32(words[3] ^ this.#seed)
      : mix32(mix32(words[0] ^ this.#seed) ^ words[1] ^ 0x9e3779b9);
  }

  /** Counts a request of a client, who gets a place if there is one. `hash` is that of the address. */
  arrive(address: IpAddress, hash: number, nowMs: number): number {
    if (nowMs >= this.#turnEndsMs) this.#nextTurn(nowMs);
    let place = this.find(address, hash);
    if (place === NO_CLIENT) {
      place = this.#makeRoom(hash);
      if (place === NO_CLIENT) return NO_CLIENT;
      this.#settle(place, address);
    }
    this.#refresh(place);
    if (this.#asked[place] === 0) this.#activeClients += 1;
    this.#asked[place] += 1;
    this.#totalAsked += 1;
    return place;
  }

  /** The place of a client, -1 without one. */
  find(address: IpAddress, hash: number): number {
    const high = address.family === 4 ? IPV4 : address.words[0];
    const low = address.family === 4 ? address.words[3] : address.words[1];
    const first = firstWay(hash);
    for (let place = first; place < first + CLIENT_TABLE_WAYS; place++) {
      if (this.#low[place] === low && this.#high[place] === high && this.#taken[place] === 1) return place;
    }
    return NO_CLIENT;
  }

  inFlight(place: number): number {
    return this.#inFlight[place];
  }

  enter(place: number): void {
    this.#inFlight[place] += 1;
  }

  /** One that was let in without a place, and got one meanwhile, may leave too. */
  leave(place: number): void {
    if (this.#inFlight[place] > 0) this.#inFlight[place] -= 1;
  }

  /** The client hung up before it had an answer. */
  reset(place: number): void {
    this.#refresh(place);
    this.#resets[place] += 1;
  }

  /** Hang-ups within about one turn; what is left of the turn before counts in part. */
  resets(place: number, nowMs: number): number {
    return this.#resets[place] + this.#resetsBefore[place] * this.#restOfTurn(nowMs);
  }

  /** True for the first time in a turn that a client is refused for greed: what the log says once. */
  refuse(place: number): boolean {
    const isFirst = this.#refusedIn[place] !== this.#turn;
    this.#refusedIn[place] = this.#turn;
    return isFirst;
  }

  /** Requests within about one turn, this one included. */
  asked(place: number, nowMs: number): number {
    return this.#asked[place] + this.#askedBefore[place] * this.#restOfTurn(nowMs);
  }

  /**
   * A good answer: one point for a turn, so that standing is a matter of time and not of effort.
   */
  earn(place: number): void {
    if (this.#earnedIn[place] >= this.#turn) return;
    this.#earnedIn[place] = this.#turn;
    if (this.#standing[place] < CLIENT_STANDING_MAX) this.#standing[place] += 1;
  }

  /** A refusal by the rules costs half of the standing. */
  forfeit(place: number): void {
    this.#standing[place] >>= 1;
  }

  /** Turns with a good answer, halved by absence and refusals. */
  standing(place: number): number {
    return this.#standing[place];
  }

  /** The client's part of all requests of about one turn, 0 to 1. */
  share(place: number, nowMs: number): number {
    const all = this.#totalAsked + this.#totalAskedBefore * this.#restOfTurn(nowMs);
    return this.asked(place, nowMs) / Math.max(1, all);
  }

  /** What each client would have if all of about one turn had the same, 0 to 1. */
  get fairShare(): number {
    return 1 / Math.max(1, this.#activeClients, this.#activeClientsBefore);
  }

  #restOfTurn(nowMs: number): number {
    return Math.max(0, 1 - (nowMs - this.#turnStartMs) / this.#turnMs);
  }

  #nextTurn(nowMs: number): void {
    const passed = this.#turnEndsMs === 0 ? 1 : 1 + Math.floor((nowMs - this.#turnEndsMs) / this.#turnMs);
    this.#turn += passed;
    this.#turnStartMs = this.#turnEndsMs === 0 ? nowMs : this.#turnEndsMs + (passed - 1) * this.#turnMs;
    this.#turnEndsMs = this.#turnStartMs + this.#turnMs;
    this.#totalAskedBefore = passed === 1 ? this.#totalAsked : 0;
    this.#activeClientsBefore = passed === 1 ? this.#activeClients : 0;
    this.#totalAsked = 0;
    this.#activeClients = 0;
  }

  /** Brings the counts of a place up to the present turn. */
  #refresh(place: number): void {
    const passed = this.#turn - this.#turns[place];
    if (passed === 0) return;
    this.#turns[place] = this.#turn;
    this.#askedBefore[place] = passed === 1 ? this.#asked[place] : 0;
    this.#resetsBefore[place] = passed === 1 ? this.#resets[place] : 0;
    this.#asked[place] = 0;
    this.#resets[place] = 0;
    this.#standing[place] = faded(this.#standing[place], passed);
  }

  #settle(place: number, address: IpAddress): void {
    this.#taken[place] = 1;
    this.#high[place] = address.family === 4 ? IPV4 : address.words[0];
    this.#low[place] = address.family === 4 ? address.words[3] : address.words[1];
    this.#turns[place] = this.#turn;
    this.#asked[place] = 0;
    this.#askedBefore[place] = 0;
    this.#resets[place] = 0;
    this.#resetsBefore[place] = 0;
    this.#standing[place] = 0;
    this.#earnedIn[place] = 0;
    this.#refusedIn[place] = 0;
  }

  /** A free place, else that of the least known client with nothing under way, else -1. */
  #makeRoom(hash: number): number {
    const first = firstWay(hash);
    let best = NO_CLIENT;
    let bestWorth = Infinity;
    for (let place = first; place < first + CLIENT_TABLE_WAYS; place++) {
      if (this.#taken[place] === 0) return place;
      if (this.#inFlight[place] > 0) continue;
      const absent = this.#turn - this.#turns[place];
      // Standing first; among equals the one that came last goes last.
      const worth = faded(this.#standing[place], absent) - absent / (absent + 1);
      if (worth >= bestWorth) continue;
      bestWorth = worth;
      best = place;
    }
    if (best !== NO_CLIENT) this.#evicted += 1;
    return best;
  }
}

function firstWay(hash: number): number {
  return hash & (CLIENT_TABLE_PLACES - CLIENT_TABLE_WAYS);
}

function faded(standing: number, turns: number): number {
  return standing >>> Math.min(31, Math.floor(turns / STANDING_HALF_LIFE_TURNS));
}
