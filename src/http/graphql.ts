/**
 * How much a GraphQL request asks for: nesting, aliases and fields, with fragments counted as often as they are spread.
 *
 * Reads executable documents alone (GraphQL, October 2021, §2). The measures are upper bounds of the work, taken over
 * every operation of the document: which of them runs is said elsewhere in the request. One pass over the text, then
 * one over the fragments; a fragment that is spread by many others is added up once, so that a tower of fragments costs
 * nothing and counts in full.
 */
import { GRAPHQL_DEPTH_MAX, GRAPHQL_FRAGMENTS_MAX, GRAPHQL_SPREADS_MAX } from '../core/limits.ts';

export interface GraphqlMeasures {
  /** Levels of selection sets; inline fragments and spreads are on the level they stand on. */
  readonly depth: number;
  readonly aliases: number;
  /** Fields selected, `__typename` and its kin included. */
  readonly fields: number;
}

/** Larger sums say nothing more: towers of fragments reach powers of two. */
const COUNT_MAX = 1e15;

/** One operation or fragment. */
interface Definition {
  depth: number;
  aliases: number;
  fields: number;
  /** Fragments spread in it, each with the level it stands on. */
  readonly spreads: { readonly fragment: string; readonly level: number }[];
  /** Being added up right now: met again, it contains itself. */
  entered: boolean;
  total: GraphqlMeasures | null;
}

const TOKEN =
  /[\s,\ufeff]+|#[^\n\r]*|([_A-Za-z][_0-9A-Za-z]*)|(\.\.\.|[!$&()[\]{}:=@|])|("""(?:[^"\\]|\\[^]|"(?!""))*"""|"(?:[^"\\\n\r]|\\.)*"|-?\d[\d.eE+-]*)/y;

/** Null for a text that is no executable document, has a cycle, or goes beyond the limits. Linear in the text. */
export function measureGraphql(text: string): GraphqlMeasures | null {
  return new DocumentReader(text).read();
}

class DocumentReader {
  readonly #text: string;
  #at = 0;
  /** The token: a name, a punctuator, `""` for a value; null at the end or at what is no token. */
  #token: string | null = null;
  #isName = false;
  #spreads = 0;
  readonly #operations: Definition[] = [];
  readonly #fragments = new Map<string, Definition>();

  constructor(text: string) {
    this.#text = text;
    this.#next();
  }

  read(): GraphqlMeasures | null {
    while (this.#token !== null) if (!this.#definition()) return null;
    if (this.#at < this.#text.length || this.#operations.length === 0) return null;
    const sum = { depth: 0, aliases: 0, fields: 0 };
    for (const operation of this.#operations) {
      const total = this.#total(operation);
      if (total === null) return null;
      sum.depth = Math.max(sum.depth, total.depth);
      sum.aliases = Math.max(sum.aliases, total.aliases);
      sum.fields = Math.max(sum.fields, total.fields);
    }
    return sum;
  }

  #next(): void {
    for (;;) {
      TOKEN.lastIndex = this.#at;
      const found = TOKEN.exec(this.#text);
      if (found === null) {
        this.#token = null;
        return;
      }
      this.#at = TOKEN.lastIndex;
      const [, name, punctuator, value] = found as (string | undefined)[];
      this.#isName = name !== undefined;
      const token = name ?? punctuator ?? (value === undefined ? undefined : '""');
      if (token === undefined) continue;
      this.#token = token;
      return;
    }
  }

  #take(token: string): boolean {
    if (this.#token !== token || this.#isName) return false;
    this.#next();
    return true;
  }

  #name(): string | null {
    const name = this.#isName ? this.#token : null;
    if (name !== null) this.#next();
    return name;
  }

  #definition(): boolean {
    const definition: Definition = {
      depth: 0,
      aliases: 0,
      fields: 0,
      spreads: [],
      entered: false,
      total: null,
    };
    if (this.#token === '{' && !this.#isName) {
      this.#operations.push(definition);
      return this.#selections(definition);
    }
    const kind = this.#name();
    if (kind === 'fragment') {
      const fragment = this.#name();
      if (fragment === null || fragment === 'on' || this.#fragments.has(fragment)) return false;
      if (this.#fragments.size >= GRAPHQL_FRAGMENTS_MAX) return false;
      this.#fragments.set(fragment, definition);
      if (this.#name() !== 'on' || this.#name() === null) return false;
    } else if (kind === 'query' || kind === 'mutation' || kind === 'subscription') {
      this.#name();
      this.#operations.push(definition);
      if (this.#token === '(' && !this.#arguments()) return false;
    } else return false;
    return this.#directives() && this.#selections(definition);
  }

  /** Selection sets within one another, without recursion. */
  #selections(definition: Definition): boolean {
    if (!this.#take('{')) return false;
    /** For each open set whether it is a level of its own. */
    const open = [true];
    let level = 1;
    definition.depth = 1;
    let isEmpty = true;
    while (open.length > 0) {
      if (this.#take('}')) {
        if (isEmpty) return false;
        if (open.pop() === true) level--;
        continue;
      }
      isEmpty = false;
      const opens = this.#take('...') ? this.#spread(definition, level) : this.#field(definition);
      if (opens === null) return false;
      if (opens === 'nothing') continue;
      if (open.length >= GRAPHQL_DEPTH_MAX) return false;
      open.push(opens === 'level');
      if (opens === 'level') level++;
      definition.depth = Math.max(definition.depth, level);
      isEmpty = true;
    }
    return true;
  }

  /** What the selection opens; null when it is malformed. */
  #field(definition: Definition): 'level' | 'nothing' | null {
    if (this.#name() === null) return null;
    if (this.#take(':')) {
      if (this.#name() === null) return null;
      definition.aliases++;
    }
    definition.fields++;
    if (this.#token === '(' && !this.#arguments()) return null;
    if (!this.#directives()) return null;
    return this.#take('{') ? 'level' : 'nothing';
  }

  /** What stands behind `...`. */
  #spread(definition: Definition, level: number): 'inline' | 'nothing' | null {
    if (this.#isName && this.#token !== 'on') {
      if (++this.#spreads > GRAPHQL_SPREADS_MAX) return null;
      definition.spreads.push({ fragment: this.#name() ?? '', level });
      return this.#directives() ? 'nothing' : null;
    }
    if (this.#isName) {
      this.#next();
      if (this.#name() === null) return null;
    }
    return this.#directives() && this.#take('{') ? 'inline' : null;
  }

  #directives(): boolean {
    while (this.#take('@')) {
      if (this.#name() === null) return false;
      if (this.#token === '(' && !this.#arguments()) return false;
    }
    return true;
  }

  /** Skips balanced brackets; what is in them asks for nothing. */
  #arguments(): boolean {
    let depth = 0;
    do {
      if (this.#token === null) return false;
      if (!this.#isName) {
        if (this.#token === '(' || this.#token === '[' || this.#token === '{') depth++;
        else if (this.#token === ')' || this.#token === ']' || this.#token === '}') depth--;
      }
      this.#next();
    } while (depth > 0);
    return true;
  }

  /** Adds up a definition and all it spreads, deepest first, without recursion. Null for a cycle or an unknown fragment. */
  #total(start: Definition): GraphqlMeasures | null {
    const stack = [start];
    while (stack.length > 0) {
      const definition = stack[stack.length - 1];
      const missing: Definition[] = [];
      for (const { fragment } of definition.spreads) {
        const spread = this.#fragments.get(fragment);
        if (spread === undefined || (spread.total === null && spread.entered)) return null;
        if (spread.total === null && !definition.entered) missing.push(spread);
      }
      if (!definition.entered && missing.length > 0) {
        definition.entered = true;
        stack.push(...new Set(missing));
        continue;
      }
      stack.pop();
      definition.total ??= this.#sum(definition);
    }
    return start.total;
  }

  #sum({ depth, aliases, fields, spreads }: Definition): GraphqlMeasures {
    const sum = { depth, aliases, fields };
    for (const { fragment, level } of spreads) {
      const total = this.#fragments.get(fragment)?.total;
      if (total === null || total === undefined) continue;
      sum.depth = Math.max(sum.depth, level - 1 + total.depth);
      sum.aliases = Math.min(COUNT_MAX, sum.aliases + total.aliases);
      sum.fields = Math.min(COUNT_MAX, sum.fields + total.fields);
    }
    return sum;
  }
}
