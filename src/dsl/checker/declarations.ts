/**
 * One namespace over all files: every declared name with its item, duplicates and shadowing (E301), near names for
 * mistyped ones, and which declarations are used (W501).
 */
import { FIELDS } from '../../http/schema.ts';
import { TRANSFORMATIONS } from '../../http/transform/registry.ts';
import type { Identifier } from '../ast-expression.ts';
import type { Const, File, Fn, List, Pattern, Policy, Route, Secret, Switch, Targets } from '../ast.ts';
import type { Flood, Limiter } from '../ast-limiter.ts';
import type { Shape } from '../ast-shape.ts';
import type { Exclude, Override, OverrideSetting, Rule } from '../ast-rule.ts';
import type { Scenario } from '../ast-scenario.ts';
import type { Span } from '../source.ts';
import { NAMED_TYPES } from './types.ts';

/** An item that others refer to by its name. */
export type Declaration =
  | Route
  | List
  | Const
  | Switch
  | Secret
  | Pattern
  | Targets
  | Fn
  | Shape
  | Limiter
  | Flood;

export type DeclarationKind = Declaration['kind'];

/** What a kind of declaration is called in a message. */
export const DECLARATION_NOUNS: Readonly<Record<DeclarationKind, string>> = {
  Route: 'route',
  List: 'list',
  Const: 'constant',
  Switch: 'switch',
  Secret: 'secret',
  Pattern: 'pattern',
  Targets: 'targets',
  Fn: 'function',
  Shape: 'shape',
  Limiter: 'limiter',
  Flood: 'flood',
};

/** Functions of section 4 that take selections or are no transformations. */
export const FUNCTION_NAMES = ['exists', 'count', 'sum', 'one', 'repeats', 'sample'] as const;
export type FunctionName = (typeof FUNCTION_NAMES)[number];

/** First words of field names, and the name spaces that are no fields. */
export const FIELD_ROOTS: ReadonlySet<string> = new Set([
  ...FIELDS.map((field) => field.name.split('.')[0]),
  'switch',
  'limiter',
  'flood',
  'match',
]);

/** A name that nothing declared or bound may take, with what it is already; undefined if it is free. */
export function reservedAs(name: string): string | undefined {
  if (FIELD_ROOTS.has(name)) return 'a field';
  return (FUNCTION_NAMES as readonly string[]).includes(name) ? 'a function' : undefined;
}

const ALWAYS_USED: ReadonlySet<DeclarationKind> = new Set(['Route']);

export interface DuplicateName {
  readonly name: Identifier;
  readonly message: string;
  readonly first: Span | undefined;
}

export class Declarations {
  readonly policies: Policy[] = [];
  readonly rules: Rule[] = [];
  readonly excludes: Exclude[] = [];
  readonly overrides: Override[] = [];
  readonly settings: OverrideSetting[] = [];
  readonly scenarios: Scenario[] = [];
  readonly duplicates: DuplicateName[] = [];
  readonly #byName = new Map<string, Declaration>();
  readonly #used = new Set<Declaration>();

  constructor(files: readonly File[]) {
    for (const file of files) {
      for (const item of file.items) {
        switch (item.kind) {
          case 'Import':
            break;
          case 'Policy':
            this.policies.push(item);
            break;
          case 'Rule':
            this.rules.push(item);
            break;
          case 'Exclude':
            this.excludes.push(item);
            break;
          case 'Override':
            this.overrides.push(item);
            break;
          case 'OverrideSetting':
            this.settings.push(item);
            break;
          case 'Scenario':
            this.scenarios.push(item);
            break;
          default:
            this.#declare(item);
        }
      }
    }
  }

  #declare(item: Declaration): void {
    const { name } = item;
    const first = this.#byName.get(name.name);
    if (first !== undefined) {
      const message = `\`${name.name}\` is declared twice`;
      this.duplicates.push({ name, message, first: first.name.span });
      return;
    }
    const reserved = this.#reserved(item);
    if (reserved !== undefined) {
      const message = `\`${name.name}\` is the name of ${reserved}`;
      this.duplicates.push({ name, message, first: undefined });
    }
    this.#byName.set(name.name, item);
  }

  #reserved(item: Declaration): string | undefined {
    const { name } = item.name;
    if (item.kind === 'Shape')
      return (NAMED_TYPES as readonly string[]).includes(name) ? 'a type' : undefined;
    if (item.kind === 'Fn' && TRANSFORMATIONS.has(name)) return 'a transformation';
    return reservedAs(name);
  }

  /** The declaration of that name and kind, marked as used. */
  find<K extends DeclarationKind>(name: string, kind: K): Extract<Declaration, { kind: K }> | undefined {
    const found = this.#byName.get(name);
    if (found?.kind !== kind) return undefined;
    this.#used.add(found);
    return found as Extract<Declaration, { kind: K }>;
  }

  /** The declaration of that name, whatever it is; not marked as used. */
  any(name: string): Declaration | undefined {
    return this.#byName.get(name);
  }

  /** All declarations of one kind in order of files and place. */
  all<K extends DeclarationKind>(kind: K): readonly Extract<Declaration, { kind: K }>[] {
    return [...this.#byName.values()].filter(
      (item): item is Extract<Declaration, { kind: K }> => item.kind === kind,
    );
  }

  /** Names of the given kinds, for `did you mean`. */
  namesOf(...kinds: readonly DeclarationKind[]): string[] {
    return [...this.#byName.values()]
      .filter((item) => kinds.includes(item.kind))
      .map((item) => item.name.name);
  }

  /**
   * Declarations nothing refers to. Routes count as used, they name requests in logs and metrics; and so do names that
   * are taken, which are errors already.
   */
  unused(): readonly Declaration[] {
    const wrong = new Set(this.duplicates.map((duplicate) => duplicate.name));
    return [...this.#byName.values()].filter(
      (item) => !ALWAYS_USED.has(item.kind) && !wrong.has(item.name) && !this.#used.has(item),
    );
  }
}
