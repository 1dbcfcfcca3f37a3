/**
 * Reads RE2 syntax (https://github.com/google/re2/wiki/Syntax) into a tree over bytes.
 *
 * Where bytes make a difference: a character beyond ASCII stands for its UTF-8 bytes, `\xHH` and `\x{HH}` up to FF are
 * single bytes, `.` and negated classes take one byte, flag `i` folds ASCII alone, and Unicode classes (`\pL`) are
 * refused because they have no meaning for a byte. Flag `s` is on from the start, as the language says.
 * The parser accepts what RE2 accepts otherwise (property test: regex-parser against RE2).
 */
import { REGEX_DEPTH_MAX, REGEX_REPEAT_MAX, REGEX_SOURCE_CHARS_MAX } from '../core/limits.ts';
import { ByteSet } from './byte-set.ts';
import {
  type Assertion,
  choiceOf,
  EMPTY,
  type RegexNode,
  repetitionProduct,
  sequenceOf,
} from './regex-ast.ts';
import { perlClass, posixClass, utf8Node } from './regex-classes.ts';
import { RegexSyntaxError } from './regex-error.ts';

export interface ParsedRegex {
  readonly root: RegexNode;
  readonly groups: number;
  /** Name of group n at n - 1; undefined for a numbered one. */
  readonly names: readonly (string | undefined)[];
}

interface Flags {
  readonly fold: boolean;
  readonly lines: boolean;
  readonly dotAll: boolean;
  readonly swapGreed: boolean;
}

/** One member of a class or one escaped character: a byte, a character beyond the bytes, or a whole set. */
type Member =
  | { readonly kind: 'byte'; readonly code: number }
  | { readonly kind: 'character'; readonly code: number }
  | { readonly kind: 'set'; readonly bytes: ByteSet };

const CONTROL_ESCAPES: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };
const ESCAPED_ASSERTIONS: Readonly<Record<string, Assertion>> = {
  A: 'text-start',
  z: 'text-end',
  b: 'word-boundary',
  B: 'not-word-boundary',
};
const REPETITION = /\{(\d+)(,(\d*))?\}/y;
const FLAG_GROUP = /\?([imsU]*)(?:-([imsU]+))?([:)])/y;
const GROUP_NAME = /\?P?<([A-Za-z0-9_]+)>/y;

/** @throws RegexSyntaxError. Linear in the source but for nested counts. */
export function parseRegex(source: string, flags: string): ParsedRegex {
  return new RegexParser(source).parse(initialFlags(flags));
}

function initialFlags(flags: string): Flags {
  for (let i = 0; i < flags.length; i++) {
    if (!'ims'.includes(flags[i]) || flags.indexOf(flags[i]) !== i) {
      throw new RegexSyntaxError(`unknown or repeated flag \`${flags[i]}\``, 0, 'flags are `i`, `m` and `s`');
    }
  }
  return { fold: flags.includes('i'), lines: flags.includes('m'), dotAll: true, swapGreed: false };
}

class RegexParser {
  readonly #source: string;
  readonly #names: (string | undefined)[] = [];
  #at = 0;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
  }

  parse(flags: Flags): ParsedRegex {
    if (this.#source.length > REGEX_SOURCE_CHARS_MAX) {
      throw this.#error(`a regex has at most ${REGEX_SOURCE_CHARS_MAX} characters`, 0);
    }
    const root = this.#choice(flags);
    if (this.#at < this.#source.length) throw this.#error('`)` closes no group', this.#at, 'write `\\)`');
    return { root, groups: this.#names.length, names: this.#names };
  }

  #error(message: string, offset: number, hint?: string): RegexSyntaxError {
    return new RegexSyntaxError(message, offset, hint);
  }

  /** Applies a sticky expression at the current place and moves behind its match. */
  #take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#source);
    if (match !== null) this.#at += match[0].length;
    return match;
  }

  #eat(text: string): boolean {
    if (!this.#source.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #choice(flags: Flags): RegexNode {
    if (++this.#depth > REGEX_DEPTH_MAX) {
      throw this.#error(`groups nest at most ${REGEX_DEPTH_MAX} deep`, this.#at);
    }
    const options: RegexNode[] = [];
    // A flag set inside one option holds for the rest of the enclosing group, later options included.
    let current = flags;
    do {
      const items: RegexNode[] = [];
      current = this.#sequence(current, items);
      options.push(items.length === 0 ? EMPTY : sequenceOf(items));
    } while (this.#eat('|'));
    this.#depth--;
    return choiceOf(options);
  }

  #sequence(flags: Flags, items: RegexNode[]): Flags {
    let current = flags;
    let repeatEnd = -1;
    for (;;) {
      const start = this.#at;
      const char = this.#source[start];
      if (char === undefined || char === '|' || char === ')') return current;
      const count = this.#repetition();
      if (count !== undefined) {
        const item = items.pop();
        if (item === undefined)
          throw this.#error(`\`${char}\` has nothing to repeat`, start, `write \`\\${char}\``);
        if (start === repeatEnd) {
          throw this.#error('a repetition cannot be repeated', start, 'put the first into `(?:…)`');
        }
        const greedy = this.#eat('?') === current.swapGreed;
        repeatEnd = this.#at;
        const node: RegexNode = { kind: 'repeat', item, ...count, greedy };
        if (count.counted && repetitionProduct(node) > REGEX_REPEAT_MAX) {
          throw this.#error(
            `repetitions count to at most ${REGEX_REPEAT_MAX}, nested ones multiplied`,
            start,
          );
        }
        items.push(node);
      } else if (char === '(') {
        this.#at++;
        current = this.#group(current, items, start);
      } else if (this.#eat('\\Q')) {
        this.#quoted(current, items);
      } else {
        items.push(this.#atom(char, current));
      }
    }
  }

  #repetition(): { min: number; max: number; counted: boolean } | undefined {
    if (this.#eat('*')) return { min: 0, max: Infinity, counted: false };
    if (this.#eat('+')) return { min: 1, max: Infinity, counted: false };
    if (this.#eat('?')) return { min: 0, max: 1, counted: false };
    const start = this.#at;
    const match = this.#take(REPETITION);
    if (match === null) return undefined;
    const min = Number(match[1]);
    const max = match[2] === undefined ? min : match[3] === '' ? Infinity : Number(match[3]);
    if (max < min) throw this.#error('the bounds of this repetition are the wrong way round', start);
    if (min > REGEX_REPEAT_MAX || (max !== Infinity && max > REGEX_REPEAT_MAX)) {
      throw this.#error(`repetitions count to at most ${REGEX_REPEAT_MAX}`, start);
    }
    return { min, max, counted: true };
  }

  /** Reads behind `(`; returns the flags that hold behind the group. */
  #group(flags: Flags, items: RegexNode[], open: number): Flags {
    const flagged = this.#flagGroup(flags);
    if (flagged?.closes === true) return flagged.flags;
    if (flagged !== undefined) {
      items.push(this.#choice(flagged.flags));
    } else {
      const name = this.#take(GROUP_NAME)?.[1];
      if (name === undefined && this.#source[this.#at] === '?') {
        throw this.#error(
          'this kind of group is not in RE2',
          open,
          'there is no look-around and no back-reference',
        );
      }
      if (name !== undefined && this.#names.includes(name)) {
        throw this.#error(`group \`${name}\` is named twice`, open);
      }
      const index = this.#names.push(name);
      items.push({ kind: 'group', item: this.#choice(flags), index, name });
    }
    if (!this.#eat(')')) throw this.#error('`(` is not closed', open, 'write `\\(` for the character');
    return flags;
  }

  #flagGroup(flags: Flags): { flags: Flags; closes: boolean } | undefined {
    const match = this.#take(FLAG_GROUP);
    if (match === null) return undefined;
    const [on, off] = [match[1], match[2] ?? ''];
    const value = (letter: string, before: boolean): boolean =>
      off.includes(letter) ? false : on.includes(letter) ? true : before;
    return {
      flags: {
        fold: value('i', flags.fold),
        lines: value('m', flags.lines),
        dotAll: value('s', flags.dotAll),
        swapGreed: value('U', flags.swapGreed),
      },
      closes: match[3] === ')',
    };
  }

  #quoted(flags: Flags, items: RegexNode[]): void {
    const close = this.#source.indexOf('\\E', this.#at);
    const end = close < 0 ? this.#source.length : close;
    while (this.#at < end) items.push(this.#node(this.#character(), flags));
    this.#at = close < 0 ? end : end + 2;
  }

  #atom(char: string, flags: Flags): RegexNode {
    switch (char) {
      case '.':
        this.#at++;
        return { kind: 'set', bytes: flags.dotAll ? ByteSet.all() : ByteSet.of('\n').complement() };
      case '^':
        this.#at++;
        return { kind: 'assert', what: flags.lines ? 'line-start' : 'text-start' };
      case '$':
        this.#at++;
        return { kind: 'assert', what: flags.lines ? 'line-end' : 'text-end' };
      case '[':
        return this.#bracket(flags);
      case '\\': {
        const letter = this.#source[this.#at + 1];
        if (letter !== undefined && Object.hasOwn(ESCAPED_ASSERTIONS, letter)) {
          this.#at += 2;
          return { kind: 'assert', what: ESCAPED_ASSERTIONS[letter] };
        }
        if (letter === 'C') {
          this.#at += 2;
          return { kind: 'set', bytes: ByteSet.all() };
        }
        return this.#node(this.#escape(), flags);
      }
      default:
        return this.#node(this.#character(), flags);
    }
  }

  #node(member: Member, flags: Flags): RegexNode {
    if (member.kind === 'character') return utf8Node([[member.code, member.code]]);
    const bytes = member.kind === 'set' ? member.bytes : new ByteSet().add(member.code);
    return { kind: 'set', bytes: flags.fold ? bytes.foldCase() : bytes };
  }

  /** One character of the source as itself. */
  #character(): Member {
    const code = this.#source.codePointAt(this.#at);
    if (code === undefined) throw this.#error('the regex stops too early', this.#at);
    if (code >= 0xd800 && code <= 0xdfff)
      throw this.#error('half of a surrogate pair is no character', this.#at);
    this.#at += code > 0xffff ? 2 : 1;
    return { kind: code < 0x80 ? 'byte' : 'character', code };
  }

  #escape(): Member {
    const start = this.#at++;
    const letter = this.#source[this.#at++];
    if (letter === undefined) throw this.#error('the regex ends in a backslash', start, 'write `\\\\`');
    const perl = perlClass(letter);
    if (perl !== undefined) return { kind: 'set', bytes: perl };
    if (Object.hasOwn(CONTROL_ESCAPES, letter)) return { kind: 'byte', code: CONTROL_ESCAPES[letter] };
    if (letter === 'x') return this.#hexadecimal(start);
    if (/[0-7]/.test(letter)) return this.#octal(letter, start);
    if (letter === 'p' || letter === 'P') {
      throw this.#error(
        'Unicode classes have no meaning for bytes',
        start,
        'name the characters or byte ranges',
      );
    }
    if (/[A-Za-z89]/.test(letter) || letter > '\x7f') {
      const hint = letter === 'Z' ? 'write `\\z`' : letter === 'u' ? 'write `\\x{…}`' : undefined;
      throw this.#error(`\`\\${letter}\` is not in RE2`, start, hint);
    }
    return { kind: 'byte', code: letter.charCodeAt(0) };
  }

  #hexadecimal(start: number): Member {
    const digits = this.#take(/([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]+)\}/y);
    const code = digits === null ? NaN : Number.parseInt(digits[1] ?? digits[2], 16);
    if (!(code <= 0x10ffff)) throw this.#error('`\\x` needs two digits or `{…}` up to 10FFFF', start);
    if (code >= 0xd800 && code <= 0xdfff)
      throw this.#error('half of a surrogate pair is no character', start);
    return { kind: code < 0x100 ? 'byte' : 'character', code };
  }

  #octal(first: string, start: number): Member {
    const more = this.#take(/[0-7]{0,2}/y)?.[0] ?? '';
    if (first !== '0' && more === '') {
      throw this.#error(
        'RE2 has no back-references',
        start,
        'capture both and compare them in the condition',
      );
    }
    const code = Number.parseInt(first + more, 8);
    return { kind: code < 0x100 ? 'byte' : 'character', code };
  }

  #bracket(flags: Flags): RegexNode {
    const start = this.#at++;
    const negated = this.#eat('^');
    const bytes = new ByteSet();
    const characters: [number, number][] = [];
    for (let first = true; first || this.#source[this.#at] !== ']'; first = false) {
      if (this.#at >= this.#source.length)
        throw this.#error('`[` is not closed', start, 'write `\\[` for the character');
      this.#classMember(bytes, characters, first);
    }
    this.#at++;
    if (flags.fold) bytes.addAll(bytes.foldCase());
    if (characters.length === 0) return { kind: 'set', bytes: negated ? bytes.complement() : bytes };
    if (negated) {
      const hint = 'name the bytes to leave out as `\\xHH`';
      throw this.#error(
        'a negated class is one byte and cannot leave out characters beyond ASCII',
        start,
        hint,
      );
    }
    const beyond = utf8Node(characters);
    return bytes.isEmpty ? beyond : choiceOf([{ kind: 'set', bytes }, beyond]);
  }

  #classMember(bytes: ByteSet, characters: [number, number][], first: boolean): void {
    const start = this.#at;
    if (this.#source.startsWith('[:', start) && this.#posixMember(bytes)) return;
    // RE2 refuses a lone `-` between members: `[a-b-c]` reads on, `[ab-]` and `[-ab]` are the character.
    const low = this.#classCharacter();
    if (low.kind === 'set') {
      bytes.addAll(low.bytes);
      return;
    }
    let high: Member = low;
    if (
      this.#source[this.#at] === '-' &&
      this.#at + 1 < this.#source.length &&
      this.#source[this.#at + 1] !== ']'
    ) {
      this.#at++;
      high = this.#classCharacter();
    }
    if (high.kind === 'set' || high.code < low.code) {
      throw this.#error(
        'the ends of this range are the wrong way round',
        start,
        first ? undefined : 'write `\\-`',
      );
    }
    if (high.kind === 'byte') bytes.addRange(low.code, high.code);
    else if (low.kind === 'character') characters.push([low.code, high.code]);
    else if (low.code >= 0x80) {
      throw this.#error('a range cannot begin with a byte beyond ASCII and end with a character', start);
    } else {
      bytes.addRange(low.code, 0x7f);
      characters.push([0x80, high.code]);
    }
  }

  #posixMember(bytes: ByteSet): boolean {
    const close = this.#source.indexOf(':]', this.#at + 2);
    if (close < 0) return false;
    const name = this.#source.slice(this.#at + 2, close);
    const set = posixClass(name);
    if (set === undefined) {
      throw this.#error(
        `there is no class \`[:${name.slice(0, 16)}:]\``,
        this.#at,
        'for the characters, write `\\[`',
      );
    }
    bytes.addAll(set);
    this.#at = close + 2;
    return true;
  }

  #classCharacter(): Member {
    return this.#source[this.#at] === '\\' ? this.#escape() : this.#character();
  }
}
