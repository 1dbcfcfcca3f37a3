/**
 * Regexes of SecLang (PCRE, `.` matches line feeds, `$` only the end) as regexes of Ward (RE2).
 *
 * What both write alike stays as it is. `\s` includes the vertical tab in PCRE and not in RE2; escapes that mean the
 * character itself lose their backslash; bytes that are no printable ASCII become `\xNN`. What is no regular language
 * (lookaround, back references, atomic groups) cannot be carried.
 */
import type { RegexLiteral } from '../dsl/ast-expression.ts';
import type { RegexAnalyser } from '../dsl/checker/options.ts';
import { regex } from './build.ts';
import { Untranslatable } from './untranslatable.ts';

/** @throws Untranslatable */
export function regexOf(source: string, analyse: RegexAnalyser): CarriedRegex {
  const folded = /^\(\?i\)/.test(source);
  const pattern = new PatternReader(folded ? source.slice(4) : source).read();
  const literalOf = regex(pattern, folded ? 'i' : '');
  const { error, matchesEmpty } = analyse(pattern.replaceAll('\\/', '/'), literalOf.flags);
  if (error !== undefined) throw noRe2(error.message);
  return { regex: literalOf, matchesEmpty };
}

/** A regex of SecLang in the language of Ward. */
export interface CarriedRegex {
  readonly regex: RegexLiteral;
  /** It finds something in every text. */
  readonly matchesEmpty: boolean;
}

function noRe2(reason: string): Untranslatable {
  return new Untranslatable(`the regex is no RE2 regex: ${reason}`, 'S015');
}

/** A regex for one name, whatever its letter case. */
export function nameRegex(name: string): RegexLiteral {
  return regex(`^${literal(name)}$`, 'i');
}

/** A regex that finds one of the bytes outside of `ranges`, as `validateByteRange` does. @throws Untranslatable */
export function bytesOutside(ranges: string): RegexLiteral {
  const inside = new Uint8Array(256);
  for (const part of ranges.split(',')) {
    const range = /^\s*(\d+)(?:\s*-\s*(\d+))?\s*$/.exec(part);
    const [first, last] = [Number(range?.[1]), Number(range?.[2] ?? range?.[1])];
    if (range === null || first > last || last > 255)
      throw new Untranslatable(`${part} is no range of bytes`);
    inside.fill(1, first, last + 1);
  }
  let members = '';
  for (let first = 0; first < 256; first++) {
    if (inside[first] === 1) continue;
    let last = first;
    while (last < 255 && inside[last + 1] === 0) last++;
    members += last === first ? hexByte(first) : `${hexByte(first)}-${hexByte(last)}`;
    first = last;
  }
  if (members === '') throw new Untranslatable('every byte is in the range');
  return regex(`[${members}]`, '');
}

/** A text that stands for itself. */
export function literal(text: string): string {
  return text.replace(/[^\w ~@%&=:;,<>!'"#-]/g, (char) => {
    return char > ' ' && char <= '~' ? `\\${char}` : hexByte(char.charCodeAt(0));
  });
}

function hexByte(code: number): string {
  return `\\x${code.toString(16).padStart(2, '0')}`;
}

const REASONS: Readonly<Record<string, string>> = {
  '(?=': 'it looks ahead',
  '(?!': 'it looks ahead',
  '(?<=': 'it looks behind',
  '(?<!': 'it looks behind',
  '(?>': 'it has an atomic group',
  '(?|': 'it resets groups',
  '(?(': 'it has a conditional group',
  '(?R': 'it is recursive',
  '(?&': 'it is recursive',
};

/** Escapes that mean the same in both. */
const SHARED_ESCAPES = new Set('dDwWbBtnrfaAz');

class PatternReader {
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  read(): string {
    let out = '';
    while (this.#at < this.#source.length) out += this.#next();
    return out;
  }

  #next(): string {
    const char = this.#source[this.#at];
    if (char === '\\') return this.#escape(false);
    if (char === '[') return this.#class();
    if (char === '(') return this.#group();
    this.#at++;
    if (char === '/') return '\\/';
    if ('*+?}'.includes(char)) {
      const lazy = this.#source[this.#at] === '?';
      const quantifies = char !== '}' || /\{\d+(?:,\d*)?$/.test(this.#source.slice(0, this.#at - 1));
      if (quantifies && this.#source[this.#at] === '+') throw this.#refuse('it has a possessive repeat');
      if (quantifies && lazy) {
        this.#at++;
        return `${char}?`;
      }
      return char === '}' && !quantifies ? '\\}' : char;
    }
    if (char === '{' && !/^\d+(?:,\d*)?\}/.test(this.#source.slice(this.#at))) return '\\{';
    return plain(char);
  }

  #group(): string {
    const rest = this.#source.slice(this.#at, this.#at + 4);
    const refused = Object.keys(REASONS).find((start) => rest.startsWith(start));
    if (refused !== undefined) throw this.#refuse(REASONS[refused]);
    if (rest.startsWith('(?<')) {
      this.#at += 3;
      return '(?P<';
    }
    const flags = /^\(\?[a-z-]+[:)]/.exec(this.#source.slice(this.#at, this.#at + 12));
    if (flags === null) {
      this.#at++;
      return '(';
    }
    this.#at += flags[0].length;
    if (/[^ims?():-]/.test(flags[0])) throw this.#refuse(`it has the flag ${flags[0]}`);
    // `s` holds already.
    const kept = flags[0].replace('s', '');
    return kept === '(?)' ? '' : kept;
  }

  #class(): string {
    const { length } = this.#source;
    let out = '[';
    this.#at++;
    if (this.#source[this.#at] === '^') {
      out += '^';
      this.#at++;
    }
    const first = this.#at;
    while (this.#at < length && (this.#source[this.#at] !== ']' || this.#at === first)) {
      const named = /^\[:\^?[a-z]+:\]/.exec(this.#source.slice(this.#at, this.#at + 14));
      const char = this.#source[this.#at];
      if (named !== null) {
        out += named[0];
        this.#at += named[0].length;
      } else if (char === '\\') out += this.#escape(true);
      else {
        out += char === '[' || char === ']' ? `\\${char}` : char === '/' ? '\\/' : plain(char);
        this.#at++;
      }
    }
    if (this.#at >= length) throw this.#refuse('a class is not closed');
    this.#at++;
    return `${out}]`;
  }

  #escape(inClass: boolean): string {
    const char = this.#source[this.#at + 1] ?? '';
    const start = this.#at;
    this.#at += 2;
    if (SHARED_ESCAPES.has(char)) {
      if (inClass && char === 'b') return '\\x08';
      return `\\${char}`;
    }
    if (char === 's') return inClass ? '\\s\\x0b' : '[\\s\\x0b]';
    // In a class with others it stays: what is left out of it there is the vertical tab alone.
    if (char === 'S') return inClass ? '\\S' : '[^\\s\\x0b]';
    if (char === 'h') return inClass ? '\\t ' : '[\\t ]';
    if (char === 'v') return inClass ? '\\n-\\r' : '[\\n-\\r]';
    if (char === 'Z') return '$';
    if (char === 'e') return '\\x1b';
    if (char === 'x') return this.#hex(start);
    if (char === '0') return '\\x00';
    if (/\d/.test(char)) throw this.#refuse('it refers back to a group');
    if (/[a-zA-Z]/.test(char)) throw this.#refuse(`\\${char} has no counterpart`);
    if (char === '') throw this.#refuse('it ends with a backslash');
    return literalChar(char, inClass);
  }

  #hex(start: number): string {
    const match = /^\\x(?:\{([0-9a-fA-F]{1,2})\}|([0-9a-fA-F]{1,2}))/.exec(
      this.#source.slice(start, start + 6),
    );
    if (match === null) throw this.#refuse('\\x is followed by no byte');
    this.#at = start + match[0].length;
    return `\\x${(match.at(1) ?? match.at(2) ?? '').padStart(2, '0').toLowerCase()}`;
  }

  #refuse(reason: string): Untranslatable {
    return noRe2(reason);
  }
}

/** A character that stands for itself, behind a backslash that may be needless. */
function literalChar(char: string, inClass: boolean): string {
  const meta = inClass ? '\\[]^-/' : '\\^$.[]|()*+?{}/';
  return meta.includes(char) ? `\\${char}` : plain(char);
}

function plain(char: string): string {
  return char >= ' ' && char <= '~' ? char : hexByte(char.charCodeAt(0));
}
