/**
 * The truth of a condition at one moment, straight from the definition (docs/language.md, "False, absent, unknown",
 * "Quantifiers", "Long values"): every value is looked at, nothing is skipped and nothing remembered.
 */
import type { CheckedExclusion } from '../../src/dsl/checked.ts';
import type { Condition, Pick, Scalar, Selection } from '../../src/dsl/checked-condition.ts';
import { shareOf } from '../../src/engine/operators/sampling.ts';
import { UNKNOWN } from '../../src/http/value.ts';
import type { MaybeValue } from '../../src/http/value.ts';
import type { RegexMatch } from '../../src/matcher/regex.ts';
import { and, is, not, or } from './logic.ts';
import type { Truth } from './logic.ts';
import { fits, nodeAt } from './document.ts';
import { drops, readsExcluded } from './excluded.ts';
import { LATER, PHASE_NAMES, elementsAt, sourceName, valueOf } from './moment.ts';
import { retainedUntil } from './retaining.ts';
import type { Moment, Reading } from './moment.ts';
import { compareGrowing, equal, relate } from './relation.ts';
import { labelOf, textOf } from './printed.ts';
import { findsShort, longTest, readingsOf, splits } from './long-value.ts';
import { applySteps, isJsonPick, originsOf, partValues, takes } from './selection.ts';
import type { Item, Occurrence } from './selection.ts';

type Test = Extract<Condition, { kind: 'test' }>;

export interface Bound {
  readonly value: Reading;
  readonly occurrence: Occurrence;
  /** Of a long value: what each segment told so far gives. */
  readonly item: Item | undefined;
}

interface Values {
  readonly items: readonly Item[];
  /** Items whose pick an exclusion drops. */
  readonly excluded: number;
  readonly rest: 'none' | 'open' | 'unknown';
}

/** Evaluates conditions of one rule, whose exclusions are given. Captures last for one evaluation. */
export class Evaluator {
  readonly moment: Moment;
  readonly #targets: readonly Pick[];
  readonly #relaxes: boolean;
  readonly #bound = new Map<number, Bound>();
  readonly #captures = new Map<number, RegexMatch | null | typeof UNKNOWN | typeof LATER>();

  /** @param relaxes  of a rule that permits, or the condition of an exclusion */
  constructor(moment: Moment, exclusions: readonly CheckedExclusion[], relaxes: boolean) {
    this.moment = moment;
    this.#targets = exclusions.flatMap((exclusion) => exclusion.target);
    this.#relaxes = relaxes;
  }

  /** `favours`: whether `true` here favours a match of the rule. */
  condition(condition: Condition, favours: boolean): Truth {
    switch (condition.kind) {
      case 'constant':
        return is(condition.value);
      case 'and':
        return and(this.#until('false', condition.items, (item) => this.condition(item, favours)));
      case 'or':
        return or(this.#until('true', condition.items, (item) => this.condition(item, favours)));
      case 'not':
        return not(this.condition(condition.item, !favours));
      case 'test':
        return this.#test(condition, favours);
      case 'quantified':
        return this.#quantified(condition, favours);
    }
  }

  /** The outcomes in order, up to one that decides. */
  #until<T>(decisive: Truth, items: readonly T[], outcome: (item: T) => Truth): Truth[] {
    const outcomes: Truth[] = [];
    for (const item of items) {
      outcomes.push(outcome(item));
      if (outcomes.at(-1) === decisive) break;
    }
    return outcomes;
  }

  #quantified(condition: Extract<Condition, { kind: 'quantified' }>, favours: boolean): Truth {
    const { quantifier, source, binding, body } = condition;
    const latest = PHASE_NAMES[retainedUntil(source, body)];
    if (latest !== undefined && !this.moment.isOver(latest)) return 'open';
    // `all S t` is `not any S not t`, `none S t` is `not any S t`.
    const negated = quantifier !== 'any';
    const { items, excluded, rest } = this.#values(source);
    const bodyFavours = quantifier === 'none' ? !favours : favours;
    // Values that have to be kept are kept whole or not at all.
    const isKept = latest !== undefined || this.#bound.size > 0;
    const outcomes = this.#until('true', items, (given) => {
      const { occurrence } = given;
      const item: Item =
        isKept && occurrence.long ? { occurrence: { ...occurrence, long: false }, values: [UNKNOWN] } : given;
      if (item.occurrence.long && splits(source) && (quantifier === 'all' || body.kind !== 'test')) {
        return this.#splitLong(condition, item, bodyFavours);
      }
      this.#bind(binding, item);
      const truth = this.condition(body, bodyFavours);
      // A value whose end never came, in text that only began like JSON, counts by what was seen of it.
      if (truth === 'open' && occurrence.long && !occurrence.complete && this.moment.ended) return 'false';
      return quantifier === 'all' ? not(truth) : truth;
    });
    this.#bound.delete(binding);
    // What is excluded takes the side that favours no match.
    const anyFavours = negated ? !favours : favours;
    if (excluded > 0 && !anyFavours) outcomes.push('true');
    if (rest !== 'none') outcomes.push(rest);
    return negated ? not(or(outcomes)) : or(outcomes);
  }

  /** A long value that became several: exact for short finds, whose pieces no cut divides for good; else unknown. */
  #splitLong(condition: Extract<Condition, { kind: 'quantified' }>, item: Item, favours: boolean): Truth {
    const { source, binding, body, quantifier } = condition;
    const ending: Truth = item.occurrence.complete ? 'false' : 'open';
    if (source.steps.every((step) => step.name !== 'find')) return this.#readLong(condition, item, favours);
    if (!findsShort(source, this.moment.world) || source.steps.some((step) => step.keepOriginal))
      return ending === 'open' ? 'open' : 'unknown';
    const outcomes = item.values.map((value) => {
      const { occurrence } = item;
      this.#bind(binding, { occurrence: { ...occurrence, long: false }, values: [value] });
      const truth = this.condition(body, favours);
      return quantifier === 'all' ? not(truth) : truth;
    });
    return or([...outcomes, ending]);
  }

  /** A long value of several readings: the condition holds of the value as one of them. */
  #readLong(condition: Extract<Condition, { kind: 'quantified' }>, item: Item, favours: boolean): Truth {
    const { source, binding, body, quantifier } = condition;
    const { occurrence } = item;
    const outcomes = readingsOf(source.steps).map((steps) => {
      const values = occurrence.segments.flatMap((text) =>
        applySteps(steps, text, this.moment.world.secrets),
      );
      this.#bind(binding, { occurrence, values, steps });
      const truth = this.condition(body, favours);
      return quantifier === 'all' ? not(truth) : truth;
    });
    const truth = or(outcomes);
    return truth === 'open' && !occurrence.complete && this.moment.ended ? 'false' : truth;
  }

  #bind(binding: number, item: Item): void {
    const { occurrence, values } = item;
    this.#bound.set(
      binding,
      occurrence.long
        ? { value: UNKNOWN, occurrence, item }
        : { value: values[0], occurrence, item: undefined },
    );
  }

  // -- tests

  #test(test: Test, favours: boolean): Truth {
    if (readsExcluded(this.#targets, test.left)) return is(!favours);
    const { relation } = test;
    if (relation.kind === 'in' && relation.set.kind === 'selection') {
      const { items, excluded, rest } = this.#values(relation.set.source);
      const left = this.scalar(test.left, favours);
      const outcomes = items.flatMap(({ values }) => values.map((value) => equal(left, value)));
      if (excluded > 0 && !favours) outcomes.push('true');
      return or(rest === 'none' ? outcomes : [...outcomes, rest]);
    }
    const route = this.#routeTest(test, favours);
    if (route !== undefined) return route;
    const long = this.#longBound(test.left);
    if (long !== undefined) {
      const through = (value: MaybeValue): MaybeValue => this.#through(test.left, value);
      return longTest(test, long, this.moment.world, through, (value) =>
        this.#relate(test, through(value), favours),
      );
    }
    if (relation.kind === 'compare') {
      const growing = this.#growing(test.left);
      if (growing !== undefined) {
        return compareGrowing(
          relation.operator,
          growing.atLeast,
          growing.value,
          this.scalar(relation.right, favours),
        );
      }
    }
    if (relation.kind === 'is' && test.left.kind === 'json') return this.#shape(test.left, relation.shape);
    return this.#relate(test, this.scalar(test.left, favours), favours);
  }

  #relate(test: Test, left: Reading, favours: boolean): Truth {
    const { relation } = test;
    const { lists } = this.moment.world;
    const truth = relate(
      left,
      relation,
      lists,
      (scalar) => this.scalar(scalar, favours),
      (match) => {
        if (relation.kind === 'matches' && relation.capture !== undefined)
          this.#captures.set(relation.capture, match);
      },
    );
    if (relation.kind === 'matches' && relation.capture !== undefined && truth !== 'true') {
      this.#captures.set(relation.capture, truth === 'unknown' ? UNKNOWN : truth === 'open' ? LATER : null);
    }
    return truth;
  }

  /** A test on the route holds in any view of the path where that restricts, else only in all. */
  #routeTest({ left, relation }: Test, favours: boolean): Truth | undefined {
    if (left.kind !== 'field' || left.field.name !== 'route') return undefined;
    let names: readonly unknown[] | undefined;
    if (relation.kind === 'in' && relation.set.kind === 'routes') names = relation.set.names;
    if (relation.kind === 'in' && relation.set.kind === 'literals') names = relation.set.values;
    if (relation.kind === 'compare' && relation.right.kind === 'literal') names = [relation.right.value];
    if (names === undefined) return undefined;
    const { views } = this.moment.world.routed;
    const on = (view: string | undefined): boolean => view !== undefined && names.includes(view);
    return is(favours === this.#relaxes ? views.every(on) : views.some(on));
  }

  #shape(left: Extract<Scalar, { kind: 'json' }>, shape: Parameters<typeof fitsNode>[1]): Truth {
    return fitsNode(this.moment, shape, left);
  }

  // -- scalars

  scalar(scalar: Scalar, favours: boolean): Reading {
    switch (scalar.kind) {
      case 'literal':
        return scalar.value;
      case 'field':
        return this.moment.field(scalar.field);
      case 'lines':
        return this.moment.lines(scalar);
      case 'json':
        return this.moment.json(scalar.field, scalar.path);
      case 'switch':
        return this.moment.world.policy.switches.find(({ name }) => name === scalar.name)?.on;
      case 'secret':
        return this.moment.world.secrets.get(scalar.name);
      case 'limiterPart':
      case 'floodPart':
        return undefined;
      case 'bound':
        return this.#boundTo(scalar.binding).value;
      case 'boundPart':
        return this.#part(this.#boundTo(scalar.binding).occurrence, scalar.part);
      case 'capture': {
        const match = this.#captures.get(scalar.capture);
        if (match === UNKNOWN || match === LATER) return match;
        return typeof scalar.group === 'number' ? match?.text(scalar.group) : match?.named(scalar.group);
      }
      case 'pipe': {
        const input = this.scalar(scalar.input, favours);
        return input === LATER ? LATER : applySteps(scalar.steps, input, this.moment.world.secrets)[0];
      }
      case 'aggregate':
        return this.#aggregate(scalar).value;
      case 'exists':
        return this.#exists(scalar.of, favours);
      case 'sample': {
        const key =
          scalar.key === undefined
            ? this.moment.world.collected.exchange.head.id
            : this.scalar(scalar.key, favours);
        if (key === UNKNOWN || key === LATER) return key;
        return shareOf(textOf(key)) < scalar.share;
      }
      case 'condition': {
        const truth = this.condition(scalar.condition, favours);
        return truth === 'unknown' ? UNKNOWN : truth === 'open' ? LATER : truth === 'true';
      }
    }
  }

  #boundTo(binding: number): Bound {
    const bound = this.#bound.get(binding);
    if (bound === undefined) throw new Error(`nothing is bound as ${binding}`);
    return bound;
  }

  #part(occurrence: Occurrence, part: string): MaybeValue {
    const { name, path, origin, file } = occurrence;
    if (part === 'name') return name;
    if (part === 'path') return path;
    if (part === 'source') return sourceName(origin);
    if (part === 'filename') return file?.filename;
    if (part === 'size') return file?.size;
    if (part === 'type') return file?.type === '' ? undefined : file?.type;
    return file?.magic === '' ? undefined : file?.magic;
  }

  #longBound(scalar: Scalar): Item | undefined {
    if (scalar.kind === 'pipe') return this.#longBound(scalar.input);
    return scalar.kind === 'bound' ? this.#boundTo(scalar.binding).item : undefined;
  }

  /** The steps of a pipe on one value in place of the bound one. */
  #through(scalar: Scalar, value: MaybeValue): MaybeValue {
    if (scalar.kind !== 'pipe') return value;
    return applySteps(scalar.steps, this.#through(scalar.input, value), this.moment.world.secrets)[0];
  }

  #exists(of: Selection | Scalar, favours: boolean): Reading {
    if (!('picks' in of)) {
      const value = this.scalar(of, favours);
      return typeof value === 'symbol' ? value : value !== undefined;
    }
    const { items, rest } = this.#values(of, false);
    const values = items.flatMap((item) =>
      item.occurrence.long && of.steps.length === 0 ? [''] : item.values,
    );
    if (values.some((value) => value !== undefined && value !== UNKNOWN)) return true;
    if (rest === 'open') return LATER;
    return rest === 'unknown' || values.includes(UNKNOWN) ? UNKNOWN : false;
  }

  /** A number that only grows within its phase, so that `> n` may be decided early. */
  #growing(scalar: Scalar): { atLeast: number; value: Reading } | undefined {
    if (scalar.kind === 'aggregate' && scalar.operation !== 'one') return this.#aggregate(scalar);
    if (scalar.kind !== 'field' || !scalar.field.atEnd) return undefined;
    return { atLeast: this.moment.atLeast(scalar.field), value: this.moment.field(scalar.field) };
  }

  #aggregate(scalar: Extract<Scalar, { kind: 'aggregate' }>): { atLeast: number; value: Reading } {
    const { operation, source } = scalar;
    const { items, rest } = this.#values(source, false);
    const values: MaybeValue[] = [];
    for (const { occurrence, values: given } of items) {
      if (occurrence.long) values.push(operation === 'count' && source.steps.length === 0 ? '' : UNKNOWN);
      else values.push(...given);
    }
    const known = values.filter((value) => value !== undefined && value !== UNKNOWN);
    const unknown = known.length < values.filter((value) => value !== undefined).length || rest === 'unknown';
    const settle = (value: MaybeValue): Reading => (rest === 'open' ? LATER : unknown ? UNKNOWN : value);
    switch (operation) {
      case 'count':
        return { atLeast: known.length, value: settle(known.length) };
      case 'sum': {
        let sum = 0;
        let peak = 0;
        for (const value of known) {
          if (typeof value === 'number') sum += value;
          peak = Math.max(peak, sum);
        }
        return { atLeast: peak, value: settle(sum) };
      }
      case 'repeats': {
        const times = known.map((value) => known.filter((other) => textOf(other) === textOf(value)).length);
        const most = Math.max(0, ...times);
        return { atLeast: most, value: settle(most) };
      }
      case 'one':
        return { atLeast: -Infinity, value: settle(known.length > 1 ? UNKNOWN : known[0]) };
    }
  }

  // -- selections

  /** Aggregates see excluded values: exclusions are about tests. */
  #values(selection: Selection, excluding = true): Values {
    const { secrets } = this.moment.world;
    const raw = [...this.#arrived(selection), ...this.#scalarPicks(selection)];
    const kept = excluding
      ? raw.filter(({ occurrence, pick }) => !drops(this.#targets, this.moment, pick, occurrence))
      : raw;
    const items = kept.flatMap(({ occurrence, values }): Item[] => {
      if (occurrence.long)
        return [
          {
            occurrence,
            values: values.flatMap((value) => applySteps(selection.steps, value, secrets)),
            steps: selection.steps,
          },
        ];
      return applySteps(selection.steps, values[0], secrets).map((value) => ({
        occurrence,
        values: [value],
      }));
    });
    const origins = originsOf(selection);
    return { items, excluded: raw.length - kept.length, rest: this.moment.restOf(origins) };
  }

  #arrived({ picks }: Selection): (Item & { readonly pick: Pick })[] {
    const found: (Item & { readonly pick: Pick })[] = [];
    for (const occurrence of this.moment.occurrences) {
      const facets = new Set<string>();
      for (const pick of picks) {
        if (isJsonPick(pick) || !takes(pick, occurrence.origin, occurrence.name)) continue;
        const facet =
          pick.field?.form === 'records'
            ? 'files'
            : `${pick.field?.part} ${occurrence.file === undefined ? '' : pick.field?.name}`;
        if (facets.has(facet)) continue;
        facets.add(facet);
        const isValue = pick.field?.part === 'value';
        found.push({
          pick,
          occurrence: isValue ? occurrence : { ...occurrence, long: false },
          values: partValues(pick, occurrence),
        });
      }
    }
    for (const pick of picks) if (isJsonPick(pick)) found.push(...this.#jsonElements(pick));
    return found;
  }

  #jsonElements(pick: Pick): (Item & { readonly pick: Pick })[] {
    const { field } = pick;
    if (field === undefined) return [];
    const origin = field.name.startsWith('response.') ? 'response_json' : 'json';
    return elementsAt(this.moment.document(field), pick.jsonPath).map(({ pointer, name, node }) => {
      const leaf = this.moment.occurrences.find((one) => one.origin === origin && one.path === pointer);
      if (leaf?.long === true) return { pick, occurrence: leaf, values: leaf.segments };
      const occurrence: Occurrence = leaf ?? {
        origin,
        name,
        path: pointer,
        leaf: 0,
        file: undefined,
        segments: [],
        long: false,
        complete: true,
      };
      return { pick, occurrence, values: [valueOf(node)] };
    });
  }

  #scalarPicks({ picks }: Selection): (Item & { readonly pick: Pick })[] {
    return picks.flatMap((pick) => {
      const scalar: Scalar | undefined =
        pick.scalar ??
        (pick.field?.form === 'scalar'
          ? { kind: 'field', field: pick.field, type: pick.field.type, span: pick.span }
          : undefined);
      if (scalar === undefined) return [];
      const value = this.scalar(scalar, true);
      if (value === undefined) return [];
      const name = labelOf(scalar);
      const occurrence: Occurrence = {
        origin: 'scalar',
        name,
        path: name,
        leaf: 0,
        file: undefined,
        segments: [],
        long: false,
        complete: true,
      };
      return [{ pick, occurrence, values: [value === LATER ? UNKNOWN : value] }];
    });
  }
}

function fitsNode(
  moment: Moment,
  shape: Parameters<typeof fits>[1],
  left: Extract<Scalar, { kind: 'json' }>,
): Truth {
  const node = nodeAt(moment.document(left.field), left.path);
  const missing = moment.absentJson(left.field);
  if (node === undefined) return missing === LATER ? 'open' : missing === UNKNOWN ? 'unknown' : 'false';
  const truth = fits(node, shape);
  if (truth === 'false') return 'false';
  // True only at the end; a document that broke off may have gone on otherwise.
  if (missing === LATER) return 'open';
  if (missing === UNKNOWN) return 'unknown';
  // Text that only began like JSON is no document.
  return truth === 'open' ? 'false' : truth;
}
