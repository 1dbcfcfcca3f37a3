/**
 * Tells, without making any string, that nothing a decoding step makes of a text can matter.
 *
 * A step such as `base64_decode` changes every text, nearly always into noise that no rule looks for. The screen decodes
 * into a scratch buffer and looks there for the literals of all entries behind the step. Steps that follow it in turn
 * decode again where one of their trigger bytes stands before certain others (`decodesBefore`); in noise that is rare, so
 * where one does the text counts as one that matters. Elsewhere they change nothing but what the screen reads over:
 * erased bytes, and triggers that they exchange for a space whatever follows (property test: matcher-differential).
 */
import { SCREENED_BYTES_MAX } from '../core/limits.ts';
import { Automaton } from './automaton.ts';
import { ByteSet } from './byte-set.ts';
import { type Clause, ERASED, withoutGaps } from './literals.ts';
import type { ChainStep, DecodeInto } from './pattern-entry.ts';

/** A step behind the screened one. */
export interface StepBehind {
  readonly step: ChainStep;
  /** Steps in between may drop erased bytes, so that what it reads may have stood further apart. */
  readonly afterDrops: boolean;
}

/** What a byte behind a trigger says; 0: nothing is decoded. */
const GOES_ON = 1;
const DECODES = 2;

const SPACE = ByteSet.of(' ');
const scratch = new Uint8Array(SCREENED_BYTES_MAX);

export class BranchScreen {
  readonly #decodeInto: DecodeInto;
  /** Finds literals and triggers alike: most noise has neither, and one pass tells. */
  readonly #either: Automaton;
  readonly #automaton: Automaton;
  readonly #decoding: FurtherDecoding;
  /** The variant last asked about, and what was said: several chains may take the same step from one text. */
  #epoch = 0;
  #variant = 0;
  #verdict = true;

  /** @param literals what is looked for in the decoded bytes, without those that are read over */
  constructor(decodeInto: DecodeInto, literals: Clause, behind: readonly StepBehind[]) {
    this.#decodeInto = decodeInto;
    const readOver = readOverBy(behind);
    const finding = (words: readonly string[], skipped: ByteSet): Automaton =>
      new Automaton(new Map(words.map((word) => [word, [0]])), skipped);
    const triggers = [...decodingOf(behind).keys()];
    this.#automaton = finding([...literals], readOver);
    this.#either = finding([...literals, ...triggers], readOver.without(ByteSet.of(triggers.join(''))));
    this.#decoding = new FurtherDecoding(behind);
  }

  /** Whether an entry behind the step may match; `epoch` and `variant` name the text. Linear. */
  admits(text: string, epoch: number, variant: number): boolean {
    if (epoch !== this.#epoch || variant !== this.#variant) {
      this.#epoch = epoch;
      this.#variant = variant;
      this.#verdict = this.#decide(text);
    }
    return this.#verdict;
  }

  #decide(text: string): boolean {
    if (text.length > SCREENED_BYTES_MAX) return true;
    const length = this.#decodeInto(text, scratch);
    if (!this.#either.finds(scratch, length)) return false;
    return this.#automaton.finds(scratch, length) || this.#decoding.mayFollow(length);
  }
}

/** Finds where steps behind the screened one may decode what is in the scratch. */
class FurtherDecoding {
  /** By byte: the first of the rows of a trigger, which are as many as places behind it matter; 0: no trigger. */
  readonly #rowOf = new Uint8Array(256);
  /** By row and byte: what a byte at that place says. */
  readonly #says: Uint8Array;
  /** By row: whether it is the last of its trigger. */
  readonly #isLast: Uint8Array;

  constructor(behind: readonly StepBehind[]) {
    const blurred = ERASED.union(triggersOf(behind));
    const rows: Uint8Array[] = [new Uint8Array(256)];
    const last: number[] = [0];
    for (const [trigger, { places, afterDrops }] of decodingOf(behind)) {
      this.#rowOf[trigger.charCodeAt(0)] = rows.length;
      places.forEach((bytes, place) => {
        const row = new Uint8Array(256);
        for (const other of ByteSet.of(bytes).foldCase().bytes()) row[other] = GOES_ON;
        if (afterDrops) for (const other of blurred.bytes()) row[other] = DECODES;
        rows.push(row);
        last.push(place === places.length - 1 ? 1 : 0);
      });
    }
    this.#says = new Uint8Array(rows.length * 256);
    rows.forEach((row, index) => this.#says.set(row, index * 256));
    this.#isLast = Uint8Array.from(last);
  }

  /** Whether any of the first `length` bytes may be decoded. */
  mayFollow(length: number): boolean {
    const rowOf = this.#rowOf;
    for (let at = 0; at + 1 < length; at++) {
      const row = rowOf[scratch[at]];
      if (row !== 0 && this.#decodes(row, at + 1, length)) return true;
    }
    return false;
  }

  #decodes(first: number, from: number, length: number): boolean {
    for (let row = first, at = from; at < length; row++, at++) {
      const says = this.#says[row * 256 + scratch[at]];
      if (says !== GOES_ON) return says === DECODES;
      if (this.#isLast[row] === 1) return true;
    }
    return false;
  }
}

/** Screens of a program; equal ones are one. */
export class BranchScreens {
  readonly #made = new Map<string, BranchScreen>();

  /**
   * The screen of a step.
   *
   * @param dropped bytes that are taken from the text first
   * @param clauses of each entry that is scanned at the step or behind it one that it waits for
   * @returns undefined where noise cannot be told from what matters
   */
  of(
    step: ChainStep,
    dropped: string,
    clauses: readonly Clause[],
    behind: readonly StepBehind[],
  ): BranchScreen | undefined {
    if (step.bindInto === undefined || !areForetold(behind)) return undefined;
    const readOver = readOverBy(behind);
    const literals = new Set<string>();
    for (const literal of clauses.flatMap((clause) => [...clause])) {
      const left = [...withoutGaps(literal)].filter((char) => !readOver.has(char.charCodeAt(0))).join('');
      if (left === '') return undefined;
      literals.add(left);
    }
    const steps = new Set(behind.map((other) => `${other.step.key} ${String(other.afterDrops)}`));
    const key = JSON.stringify([step.key, dropped, [...literals].sort(), [...steps].sort()]);
    let screen = this.#made.get(key);
    if (screen === undefined)
      this.#made.set(key, (screen = new BranchScreen(step.bindInto(dropped), literals, behind)));
    return screen;
  }
}

interface Decoding {
  readonly places: readonly string[];
  readonly afterDrops: boolean;
}

/** What must come behind each trigger; one that two steps read differently needs the bytes of either at its first place. */
function decodingOf(behind: readonly StepBehind[]): ReadonlyMap<string, Decoding> {
  const all = new Map<string, Decoding>();
  for (const { step, afterDrops } of behind) {
    for (const [trigger, places] of Object.entries(step.decodesBefore ?? {})) {
      const known = all.get(trigger);
      if (places.length === 0) continue;
      if (known === undefined) all.set(trigger, { places, afterDrops });
      else {
        const isSame = known.places.join() === places.join();
        const both = isSame ? places : [`${known.places[0]}${places[0]}`];
        all.set(trigger, { places: both, afterDrops: known.afterDrops || afterDrops });
      }
    }
  }
  return all;
}

/** Whether it is known of all steps where they decode, and none makes a trigger of another. */
function areForetold(behind: readonly StepBehind[]): boolean {
  const brought = behind
    .filter(({ step }) => step.erases)
    .reduce(
      (all, { step }) => all.union(step.brings === undefined ? ERASED : ByteSet.of(step.brings)),
      SPACE,
    );
  return (
    behind.every(({ step }) => step.erases || step.decodesBefore !== undefined) &&
    behind.every(
      ({ step }) =>
        !Object.values(step.decodesBefore ?? {})
          .flat()
          .some((bytes) => bytes.includes(' ')),
    ) &&
    !triggersOf(behind).intersects(brought)
  );
}

function triggersOf(behind: readonly StepBehind[]): ByteSet {
  return ByteSet.of(behind.flatMap(({ step }) => Object.keys(step.decodesBefore ?? {})).join(''));
}

/** What the literals of a screen are without: what the steps drop or exchange for a space. */
function readOverBy(behind: readonly StepBehind[]): ByteSet {
  const exchanged = behind.flatMap(({ step }) =>
    Object.entries(step.decodesBefore ?? {}).flatMap(([trigger, places]) =>
      places.length === 0 ? [trigger] : [],
    ),
  );
  return ERASED.union(ByteSet.of(exchanged.join('')));
}
