/**
 * Transaction variables: which are settings, and which carry values between rules.
 *
 * A `setvar` that always runs is a setting; a condition on settings alone is decided here, once. What only some
 * requests set has writers, and the rules that read it are joined with them (conditions.ts).
 */
import { SECLANG_SETTING_CHARS_MAX } from '../core/limits.ts';
import { valuesOf } from './actions.ts';
import type { Variable } from './ast.ts';
import type { Chain, Link } from './chain.ts';
import { partsOf } from './macros.ts';

/** One `setvar:tx.name=value`. */
export interface Assignment {
  /** Lower-case, with macros as written. */
  readonly name: string;
  /** `=+1` adds, `=-1` takes away. */
  readonly operation: '=' | '+' | '-';
  readonly value: string;
}

export interface Writer {
  readonly chain: Chain;
  readonly link: number;
  readonly assignment: Assignment;
}

/** Assignments to transaction variables; other collections are not carried and have `undefined` here. */
export function assignmentsOf(link: Link): readonly (Assignment | undefined)[] {
  return valuesOf(link.actions, 'setvar').map(parseAssignment);
}

function parseAssignment(text: string): Assignment | undefined {
  const match = /^tx\.([^=]+?)(?:=([+-]?)([^]*))?$/i.exec(text.trim());
  if (match === null) return undefined;
  const sign = match[2];
  const operation = sign === '+' || sign === '-' ? sign : '=';
  return { name: match[1].toLowerCase(), operation, value: match.at(3) ?? '1' };
}

/** What is known at some point of the sequence. */
export class Settings {
  readonly #values = new Map<string, string>();
  readonly #writers: Writer[] = [];

  /** Runs the assignments of a chain that always or sometimes matches. */
  run(chain: Chain, always: boolean): void {
    chain.links.forEach((link, index) => {
      for (const assignment of assignmentsOf(link)) {
        if (assignment === undefined) continue;
        const value = always && assignment.operation === '=' ? this.expand(assignment.value) : undefined;
        if (value === undefined || assignment.name.includes('%{'))
          this.#writers.push({ chain, link: index, assignment });
        else this.#values.set(assignment.name, value);
      }
    });
  }

  /** The value of a setting; undefined if it has none or a request may change it. */
  valueOf(name: string): string | undefined {
    return this.writersOf({ kind: 'name', text: name }).length > 0
      ? undefined
      : this.#values.get(name.toLowerCase());
  }

  /** Those that may set a variable a selector finds. Letter case does not count. */
  writersOf(selector: NonNullable<Variable['selector']>): readonly Writer[] {
    const wanted = selector.text.toLowerCase();
    return this.#writers.filter(({ assignment: { name } }) => {
      if (selector.kind === 'name') return name === wanted;
      const fixed = partsOf(name).map((part) => (part.kind === 'text' ? part.text : 'x'));
      return fitsSelector(selector.text, fixed.join(''));
    });
  }

  /** A text with the values of settings in place of their macros; undefined if it has other macros or grows too long. */
  expand(text: string): string | undefined {
    let expanded = '';
    for (const part of partsOf(text)) {
      if (part.kind === 'text') expanded += part.text;
      else {
        const value = part.collection === 'TX' ? this.valueOf(part.name) : undefined;
        if (value === undefined) return undefined;
        expanded += value;
      }
      if (expanded.length > SECLANG_SETTING_CHARS_MAX) return undefined;
    }
    return expanded;
  }

  /** Whether a link on settings alone holds; undefined if it depends on the request. */
  decide(link: Link): boolean | undefined {
    if (link.operator === undefined) return true;
    const values: string[] = [];
    for (const variable of link.variables) {
      if (variable.collection !== 'TX' || variable.selector === undefined || variable.excluded)
        return undefined;
      if (/^\d$/.test(variable.selector.text) || this.writersOf(variable.selector).length > 0)
        return undefined;
      const known =
        variable.selector.kind === 'name'
          ? [this.#values.get(variable.selector.text.toLowerCase())]
          : [...this.#values]
              .filter(([name]) => fitsSelector(variable.selector?.text ?? '', name))
              .map(([, value]) => value);
      const found = known.filter((value) => value !== undefined);
      if (variable.counted) values.push(String(found.length));
      else values.push(...found);
    }
    const argument = this.expand(link.operator.argument);
    if (argument === undefined) return undefined;
    const answers = values.map((value) => holds(link.operator?.name ?? '', value, argument));
    if (answers.includes(undefined)) return undefined;
    return answers.some((answer) => answer !== link.operator?.negated);
  }
}

/**
 * Whether a regex selector may mean a name. Such selectors find families of names by what they begin with, so the
 * word in front of the regex decides, and no regex of a file is run here.
 */
function fitsSelector(pattern: string, name: string): boolean {
  const word = /^\^?(\w*)([*?{]?)/.exec(pattern.toLowerCase());
  const fixed = word === null || word[2] === '' ? word?.[1] : word[1].slice(0, -1);
  return name.includes(fixed ?? '');
}

/** The operators that settings are compared with. */
function holds(operator: string, value: string, argument: string): boolean | undefined {
  const [left, right] = [Number.parseInt(value, 10) || 0, Number.parseInt(argument, 10) || 0];
  switch (operator) {
    case 'eq':
      return left === right;
    case 'ge':
      return left >= right;
    case 'gt':
      return left > right;
    case 'le':
      return left <= right;
    case 'lt':
      return left < right;
    case 'streq':
      return value === argument;
    case 'rx':
      return argument === '^$' ? value === '' : undefined;
    case 'unconditionalMatch':
      return true;
    default:
      return undefined;
  }
}
