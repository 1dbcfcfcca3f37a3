/** Names of rules, lists and constants in the result, each given once, and the declarations that go with them. */
import type { Const, List } from '../dsl/ast.ts';
import { identifier, int, SPAN, step, string, typeRef } from './build.ts';
import { networkText } from './networks.ts';
import type { DataFile } from './reader.ts';

/** A list file beside the rules. */
export interface ListFile {
  readonly path: string;
  readonly entries: readonly string[];
}

/** What the rules of an import refer to. */
export class Vocabulary {
  readonly #consts = new Map<string, Const>();
  readonly #lists = new Map<string, { readonly declaration: List; readonly file: ListFile }>();

  /** A constant for a setting, `tx_allowed_methods`. */
  setting(name: string, value: string, type: 'String' | 'Int'): string {
    const id = `tx_${identifierOf(name)}${type === 'Int' && !/^\d+$/.test(value) ? '_number' : ''}`;
    const literal = type === 'Int' ? int(Number.parseInt(value, 10) || 0) : string(value);
    if (!this.#consts.has(id)) {
      const declaration = { name: identifier(id), type: typeRef(type), value: literal };
      this.#consts.set(id, { kind: 'Const', span: SPAN, doc: undefined, ...declaration });
    }
    return id;
  }

  /** A list for data files, folded to lower case if the operator ignores letter case. */
  list(files: readonly DataFile[], type: 'String' | 'Cidr'): string {
    const joined = files.map(({ name }) => name.replace(/^.*\//, '').replace(/\.[^.]*$/, '')).join('_');
    const id = `data_${identifierOf(joined)}`;
    if (!this.#lists.has(id)) {
      const path = `lists/${files.map(({ name }) => name.replace(/^.*\//, '')).join('+')}`;
      const declaration: List = {
        kind: 'List',
        span: SPAN,
        doc: undefined,
        name: identifier(id),
        type: typeRef(type),
        values: undefined,
        from: string(path),
        steps: type === 'String' ? [step('lower')] : [],
        refresh: undefined,
      };
      const all = files.flatMap(({ entries }) => entries);
      const entries = type === 'Cidr' ? all.map(networkText) : all;
      this.#lists.set(id, { declaration, file: { path, entries } });
    }
    return id;
  }

  get declarations(): readonly (Const | List)[] {
    return [...this.#consts.values(), ...[...this.#lists.values()].map(({ declaration }) => declaration)];
  }

  get files(): readonly ListFile[] {
    return [...this.#lists.values()].map(({ file }) => file);
  }
}

/** Small letters, digits and underscores. */
function identifierOf(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');
}

/** The group of a file's rules: `REQUEST-942-APPLICATION-ATTACK-SQLI.conf` is `attack_sqli`. */
export function groupOf(file: string): string {
  const base = file.replace(/^.*\//, '').replace(/\.conf(?:\.example)?$/, '');
  const short = base.replace(/^(?:REQUEST|RESPONSE)-\d+(?:\.\d+)?-/i, '').replace(/^APPLICATION-/i, '');
  const id = identifierOf(short);
  return /^[a-z]/.test(id) ? id : `rules_${id}`;
}
