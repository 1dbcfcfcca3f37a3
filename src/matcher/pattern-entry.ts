/** What callers tell the matcher: entries with a chain of transformations and a need. */
import type { CompiledRegex } from './regex.ts';

/** What must hold of a value's text behind the chain for the entry to be possible. Literals are latin1. */
export type Need =
  | { readonly kind: 'regex'; readonly source: string; readonly flags: string }
  | {
      readonly kind: 'literals';
      readonly any: readonly string[];
      /** Compare without regard to ASCII case. */
      readonly fold: boolean;
      readonly at: 'anywhere' | 'start' | 'end' | 'whole';
    }
  | { readonly kind: 'all'; readonly needs: readonly Need[] }
  | { readonly kind: 'any'; readonly needs: readonly Need[] }
  | { readonly kind: 'always'; readonly minLength?: number; readonly maxLength?: number };

/** Writes the result of a step into a buffer as long as the text, and returns how many bytes it has. */
export type DecodeInto = (text: string, into: Uint8Array) => number;

export interface ChainStep {
  /** Identity of the transformation with its arguments: equal keys mean equal functions. */
  readonly key: string;
  /** Pure; gives back the same string when nothing changes. */
  readonly apply: (text: string) => string;
  /** Bytes of which one must occur for the result to differ; null when any text may change. */
  readonly triggers: string | null;
  /** Triggers that alone do nothing but at the end of the text. */
  readonly endTriggers?: string;
  /** The result differs only by ASCII case and by erased bytes (literals.ts). */
  readonly erases: boolean;
  /** Of an erasing step: erased bytes that the result may have though the text has none. Not given: any of them. */
  readonly brings?: string;
  /** Of an erasing step: bytes that may come to stand directly behind others though blanks stood between. Not given: any byte. */
  readonly joins?: string;
  /** An erasing step that only takes erased bytes away. */
  readonly drops?: boolean;
  /** Of an erasing step: it takes all its triggers away and does nothing else. */
  readonly dropsEach?: boolean;
  /** The result is the same whether or not the text has erased bytes. */
  readonly readsOver?: boolean;
  /** The result has at most so many bytes for each byte of the text, rounded down; not given: nobody knows. */
  readonly growth?: number;
  /**
   * By trigger: the bytes, in any case, of which one must come first, second and so on behind it for it to be decoded. Anywhere
   * else the trigger stays or, if it is an erased byte, may go. None: it is exchanged for a space, whatever follows. Not given:
   * nobody knows.
   */
  readonly decodesBefore?: Readonly<Record<string, readonly string[]>>;
  /** Of a step whose `triggers` are null: the same without a string, for a text from which bytes are dropped first. */
  readonly bindInto?: (dropped: string) => DecodeInto;
  /** `|>?`: the text before and the text after both go on. */
  readonly keepOriginal: boolean;
}

export interface PatternEntry {
  /** Unique within the set. */
  readonly id: number;
  readonly chain: readonly ChainStep[];
  readonly need: Need;
  /** When given, this search of the chain's result is the whole test, and the set answers it itself. */
  readonly exact?: CompiledRegex;
  /** Target classes whose values the entry looks at. */
  readonly targets: readonly number[];
}
