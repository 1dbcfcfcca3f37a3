/**
 * A chain as one condition.
 *
 * Links that look at nothing another link found stand side by side. A link whose match others refer to (captures,
 * MATCHED_VAR, copies in transaction variables) opens a binder block, and those that refer to it stand inside, about
 * the same value. What other rules keep in transaction variables is joined in before (link-tree.ts).
 */
import type { Expr, Pipe, Step } from '../dsl/ast-expression.ts';
import type { RegexAnalyser } from '../dsl/checker/options.ts';
import type { Operator, Variable } from './ast.ts';
import * as make from './build.ts';
import type { Link } from './chain.ts';
import { copyOf } from './copies.ts';
import { applied, guardOf, oneValue, pickOfPipe, withSteps } from './link-values.ts';
import type { Values } from './link-values.ts';
import { isCapture, isMatched, treeOf } from './link-tree.ts';
import type { LinkNode } from './link-tree.ts';
import { partsOf } from './macros.ts';
import type { Vocabulary } from './names.ts';
import { dataKey, dataNames } from './reader.ts';
import type { DataFile } from './reader.ts';
import { testOf } from './relations.ts';
import type { ValueTest } from './relations.ts';
import type { Settings } from './settings.ts';
import { isSingle, subjectsOf } from './subjects.ts';
import type { SubjectType } from './subjects.ts';
import { stepsFor } from './transformations.ts';
import { Untranslatable } from './untranslatable.ts';

/** What a translation needs besides the chain. */
export interface TranslationContext {
  readonly settings: Settings;
  readonly vocabulary: Vocabulary;
  readonly data: ReadonlyMap<string, DataFile>;
  readonly exact: boolean;
  readonly phase: number;
  readonly regex: RegexAnalyser;
  /** Predicates and transformations that exist; `detect_sqli` may not yet. */
  readonly steps: ReadonlySet<string>;
}

/** What links inside a binder block can refer to. */
interface Scope {
  readonly depth: number;
  /** `TX:0` to `TX:9`. */
  readonly capture: ((group: number) => Pipe) | undefined;
  /** MATCHED_VAR. */
  readonly matched: Pipe | undefined;
  /** The links this one stands inside, each with its own scope. */
  readonly scopes: ReadonlyMap<Link, Scope>;
}

const OUTSIDE: Scope = { depth: 0, capture: undefined, matched: undefined, scopes: new Map() };

/** The condition of a chain of links. @throws Untranslatable */
export function conditionOf(links: readonly Link[], context: TranslationContext): Expr {
  const readings = readingsOf(links).map((reading) => {
    const roots = treeOf(reading, context.settings);
    return make.and(roots.map((root) => new LinkWriter(context, root, OUTSIDE).write()));
  });
  return make.or(readings);
}

/**
 * A link that looks at MATCHED_VARS and at variables of its own holds for one value with the link before it, or beside it
 * for any other: two chains.
 */
function readingsOf(links: readonly Link[]): readonly (readonly Link[])[] {
  const mixed = links.findIndex(
    ({ variables }) => variables.some(isMatched) && variables.some((one) => !one.excluded && !isMatched(one)),
  );
  if (mixed < 0) return [links];
  const link = links[mixed];
  return [(one: Variable) => isMatched(one), (one: Variable) => !isMatched(one)].flatMap((isMeant) => {
    const variables = link.variables.filter((one) => one.excluded || isMeant(one));
    return readingsOf(links.with(mixed, { ...link, variables }));
  });
}

class LinkWriter {
  readonly #context: TranslationContext;
  readonly #node: LinkNode;
  readonly #scope: Scope;

  constructor(context: TranslationContext, node: LinkNode, scope: Scope) {
    this.#context = context;
    this.#node = node;
    this.#scope = scope;
  }

  write(): Expr {
    const { link, repeats } = this.#node;
    if (repeats !== undefined) return this.#repeats(repeats);
    const { operator } = link;
    if (operator === undefined) return make.and(this.#inside(this.#scope));
    const counted = link.variables.filter((variable) => variable.counted);
    const alternatives = counted.map((variable) => this.#count(variable, operator));
    for (const values of this.#values()) {
      alternatives.push(make.and([...guardOf(values), this.#test(values, operator)]));
    }
    if (alternatives.length === 0) throw new Untranslatable('none of its variables has a counterpart');
    return make.or(alternatives);
  }

  #inside(scope: Scope): readonly Expr[] {
    return this.#node.inside.map((node) => new LinkWriter(this.#context, node, scope).write());
  }

  // -- what is looked at

  #values(): readonly Values[] {
    const { link } = this.#node;
    const found: Values[] = [];
    const rest: Variable[] = [];
    for (const variable of link.variables) {
      if (variable.counted) continue;
      if (variable.excluded) rest.push(variable);
      else if (isMatched(variable)) found.push(oneValue(this.#matched(variable)));
      else if (isCapture(variable)) found.push(oneValue(this.#capture(Number(variable.selector?.text))));
      else if (variable.collection === 'TX') found.push(this.#copy(variable));
      else rest.push(variable);
    }
    for (const subject of subjectsOf(rest, this.#context)) {
      const [first] = subject.picks;
      const single = subject.single ? make.pipe(first.operand, subject.steps) : undefined;
      found.push({ ...subject, single });
    }
    return found;
  }

  #matched(variable: Variable): Pipe {
    if (variable.collection.includes('_NAME'))
      throw new Untranslatable(`${variable.collection} in a condition`);
    if (this.#scope.matched === undefined) throw new Untranslatable(`${variable.collection} of nothing`);
    return this.#scope.matched;
  }

  #capture(group: number): Pipe {
    if (this.#scope.capture === undefined) throw new Untranslatable(`TX:${group} of no capture`);
    return this.#scope.capture(group);
  }

  #copy(variable: Variable): Values {
    const copy = copyOf(variable, this.#node.before);
    if (copy === undefined)
      throw new Untranslatable(`nothing carried here sets TX:${variable.selector?.text ?? ''}`);
    return this.#text(copy.value, this.#scope.scopes.get(copy.link) ?? this.#scope);
  }

  // -- texts with macros

  /** The values a text stands for. At most one macro may be a selection. */
  #text(text: string, scope: Scope): Values {
    const parts = partsOf(text).map((part) => {
      const known =
        part.kind === 'macro' && part.collection === 'TX'
          ? this.#context.settings.valueOf(part.name)
          : undefined;
      return known === undefined ? part : ({ kind: 'text', text: known } as const);
    });
    const macros = parts.filter((part) => part.kind === 'macro');
    if (macros.length > 1) throw new Untranslatable(`a text with several values: ${text}`);
    const at = parts.findIndex((part) => part.kind === 'macro');
    const fixed = (from: number, to: number): string =>
      parts
        .slice(from, to)
        .map((part) => (part.kind === 'text' ? part.text : ''))
        .join('');
    if (at < 0) return oneValue(make.pipe(make.string(fixed(0, parts.length))));
    const [macro] = macros;
    const before = fixed(0, at);
    const behind = fixed(at + 1, parts.length);
    const steps = [
      ...(before === '' ? [] : [make.step('prepend', [make.pipe(make.string(before))])]),
      ...(behind === '' ? [] : [make.step('append', [make.pipe(make.string(behind))])]),
    ];
    return withSteps(this.#macro(macro.collection, macro.written, scope), steps);
  }

  #macro(collection: string, name: string, scope: Scope): Values {
    const inner = { ...this.#node, link: this.#node.link };
    if (collection === 'TX' && /^\d$/.test(name)) {
      if (scope.capture === undefined) throw new Untranslatable(`%{TX.${name}} of no capture`);
      return oneValue(scope.capture(Number(name)));
    }
    if (collection === 'MATCHED_VAR' && scope.matched !== undefined) return oneValue(scope.matched);
    const selector = name === '' ? undefined : ({ kind: 'name', text: name } as const);
    const variable: Variable = { collection, selector, counted: false, excluded: false };
    if (collection === 'TX') {
      const copy = copyOf(variable, inner.before);
      if (copy === undefined) throw new Untranslatable(`nothing carried here sets %{tx.${name}}`);
      return this.#text(copy.value, scope.scopes.get(copy.link) ?? scope);
    }
    const [subject] = subjectsOf([variable], this.#context);
    if (isSingle(collection)) return oneValue(make.pipe(subject.picks[0].operand, subject.steps));
    if (collection === 'REQUEST_HEADERS' && selector !== undefined) {
      return oneValue(
        make.pipe(subject.picks[0].operand, [make.step('or_else', [make.pipe(make.string(''))])]),
      );
    }
    return { ...subject, single: undefined };
  }

  // -- tests

  #test(values: Values, operator: Operator): Expr {
    const { link } = this.#node;
    const own = this.#steps();
    const endsAsNumber = own.at(-1)?.name.name === 'length';
    const untouched = own.length === 0 && values.type !== 'String';
    const type: SubjectType = endsAsNumber ? 'Int' : untouched ? values.type : 'String';
    // Numbers and addresses are compared as what they are, and become texts for everything else.
    const tested = this.#operatorTest(operator, type);
    const isTyped = untouched && TYPED_OPERATORS.has(operator.name);
    const used = isTyped
      ? tested.test
      : type === values.type
        ? this.#operatorTest(operator, 'String').test
        : tested.test;
    const steps = [...(isTyped ? [] : values.steps), ...own];
    for (const { name } of [...steps, ...used.steps]) {
      if (!this.#context.steps.has(name.name)) throw new Untranslatable(`${name.name} does not exist yet`);
    }
    const wrap = tested.wrap;
    if (link.operator?.negated === true && values.segmented) {
      if (this.#node.inside.length > 0 || used.positive === undefined)
        throw new Untranslatable('a negated test of a body with links that refer to it');
      return make.quantified('none', values.picks, [...steps, ...used.steps], used.positive);
    }
    if (values.single !== undefined && !(link.multiMatch && own.length > 0)) {
      const head = isTyped ? make.pipe(values.single.head) : values.single;
      const value = make.pipe(head.head, [...head.steps, ...own]);
      return wrap(make.and(this.#one(value, used)));
    }
    const picks = values.single === undefined ? values.picks : pickOfPipe(values.single);
    const before = values.single === undefined ? steps : [...values.single.steps, ...own];
    if (this.#node.inside.length === 0 && used.build === undefined && used.always !== true) {
      return wrap(make.quantified('any', picks, [...before, ...used.steps], used.relation));
    }
    const variable = `v${this.#scope.depth === 0 ? '' : this.#scope.depth + 1}`;
    const value = make.pipe(make.operand(variable));
    return make.binder(variable, picks, before, wrap(make.and(this.#one(value, used))));
  }

  /** The test of one value and what stands inside of it. */
  #one(value: Pipe, used: ValueTest): readonly Expr[] {
    const { inside, link } = this.#node;
    const depth = this.#scope.depth + 1;
    const name = `m${depth === 1 ? '' : depth}`;
    // A capture inside another is what the message of the rule tells, whether a link reads it or not.
    const isTold = link.capture && this.#scope.capture !== undefined;
    const isRead = inside.length > 0 && this.#node.captured;
    const captures = used.captures === true && (isRead || isTold);
    const relation =
      captures && used.relation?.kind === 'Matches'
        ? { ...used.relation, capture: make.identifier(name) }
        : used.relation;
    const tests = used.always === true ? [] : [applied(value, used, relation)];
    const scope: Scope = {
      depth,
      matched: value,
      capture: captures
        ? (group) => make.pipe(make.operand(name, make.int(group)))
        : used.always === true
          ? () => value
          : this.#scope.capture,
      scopes: this.#scope.scopes,
    };
    const scopes = new Map([...this.#scope.scopes, [link, scope] as const]);
    const all = [...tests, ...this.#inside({ ...scope, scopes })];
    return all.length === 0 ? [make.TRUE] : all;
  }

  /** The test of an operator; `wrap` goes around it where the argument is a selection. */
  #operatorTest(operator: Operator, type: SubjectType): { test: ValueTest; wrap: (inner: Expr) => Expr } {
    let wrap = (inner: Expr): Expr => inner;
    const argument = (wanted: 'String' | 'Int'): Pipe => {
      const [pipe, around] = this.#argument(operator.argument, wanted);
      wrap = around;
      return pipe;
    };
    const list = (wanted: 'String' | 'Cidr'): string => this.#list(operator, wanted);
    const constant = this.#context.settings.expand(operator.argument);
    const test = testOf(operator, { type, argument, list, constant, regex: this.#context.regex });
    if (test.build === undefined) return { test, wrap };
    const { build } = test;
    return { test: { ...test, build: (value) => wrap(build(value)) }, wrap: (inner) => inner };
  }

  #argument(text: string, wanted: 'String' | 'Int'): readonly [Pipe, (inner: Expr) => Expr] {
    const same = (inner: Expr): Expr => inner;
    const macro = /^%\{tx\.([a-z]\w*)\}$/i.exec(text.trim());
    const known = macro === null ? undefined : this.#context.settings.valueOf(macro[1]);
    if (macro !== null && known !== undefined) {
      return [
        make.pipe(make.operand(this.#context.vocabulary.setting(macro[1].toLowerCase(), known, wanted))),
        same,
      ];
    }
    if (!text.includes('%{')) {
      const number = Number.parseInt(text, 10);
      return [
        make.pipe(wanted === 'Int' ? make.int(Number.isNaN(number) ? 0 : number) : make.string(text)),
        same,
      ];
    }
    const values = this.#text(text, this.#scope);
    const asNumber = wanted === 'Int' ? [make.step('to_int')] : [];
    if (values.single !== undefined)
      return [make.pipe(values.single.head, [...values.single.steps, ...asNumber]), same];
    const name = 'argument';
    return [
      make.pipe(make.operand(name), asNumber),
      (inner) => make.binder(name, values.picks, values.steps, inner),
    ];
  }

  #list(operator: Operator, type: 'String' | 'Cidr'): string {
    const { file } = this.#node.link.place;
    const files = dataNames({ operator }).map((name) => {
      const found = this.#context.data.get(dataKey(file, name));
      if (found === undefined) throw new Untranslatable(`the data file ${name} is missing`, 'S013');
      return found;
    });
    return this.#context.vocabulary.list(files, type);
  }

  #steps(): readonly Step[] {
    const { link } = this.#node;
    return link.transformations.flatMap((name) => {
      const steps = stepsFor(name);
      if (steps === undefined) throw new Untranslatable(`t:${name} has no counterpart`);
      return steps.map((found) => {
        const argument =
          typeof found.argument === 'number' ? [make.pipe(make.int(found.argument))] : undefined;
        return make.step(found.name, argument, link.multiMatch);
      });
    });
  }

  #count(variable: Variable, operator: Operator): Expr {
    if (variable.collection === 'TX')
      throw new Untranslatable(`&TX:${variable.selector?.text ?? ''} depends on the request`);
    const { test } = this.#operatorTest(operator, 'Int');
    const wide = { ...this.#context, exact: false };
    const [subject] = subjectsOf([{ ...variable, counted: false }], wide);
    const [first] = subject.picks;
    if (first.except !== undefined) throw new Untranslatable('a count with exceptions');
    const number = make.pipe(make.call('count', [make.pipe(first.operand)]));
    return make.and([make.test(number, test.relation), ...this.#inside(this.#scope)]);
  }

  /** A counter per name of a value, compared: how often a name is repeated. */
  #repeats(counted: Link): Expr {
    const { operator } = this.#node.link;
    const subjects = subjectsOf(counted.variables, { ...this.#context, exact: false });
    if (operator === undefined || subjects.length !== 1 || subjects[0].picks.length !== 1)
      throw new Untranslatable('a counter over several variables');
    const { test } = this.#operatorTest(operator, 'Int');
    const [first] = subjects[0].picks;
    if (first.except !== undefined) throw new Untranslatable('a counter with exceptions');
    // The names of arguments lose their place in a JSON document; paths keep it.
    const { operand } = first;
    const paths = operand.selectors.map((part) =>
      part.kind === 'Member' && part.name.name === 'names'
        ? { ...part, name: make.identifier('paths') }
        : part,
    );
    return make.test(
      make.pipe(make.call('repeats', [make.pipe({ ...operand, selectors: paths })])),
      test.relation,
    );
  }
}

/** Operators that compare numbers, sizes and addresses as such. */
const TYPED_OPERATORS = new Set(['eq', 'ge', 'gt', 'le', 'lt', 'ipMatch', 'ipMatchFromFile']);
