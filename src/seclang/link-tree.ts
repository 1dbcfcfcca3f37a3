/** Which links of a chain refer to what another one found. */
import type { Variable } from './ast.ts';
import type { Link } from './chain.ts';
import { copyOf } from './copies.ts';
import { partsOf } from './macros.ts';
import type { Settings, Writer } from './settings.ts';
import { Untranslatable } from './untranslatable.ts';

/** A link and those that refer to its match. */
export interface LinkNode {
  readonly link: Link;
  readonly inside: LinkNode[];
  /** A link inside uses a capture group of it. */
  readonly captured: boolean;
  /** Links in front of it, whose copies it may read. */
  readonly before: readonly Link[];
  /** Set for a comparison of a counter per name: the link that counts. */
  readonly repeats: Link | undefined;
}

export function isCapture({ collection, selector }: Variable): boolean {
  return collection === 'TX' && selector !== undefined && /^\d$/.test(selector.text);
}

export function isMatched({ collection }: Variable): boolean {
  return collection.startsWith('MATCHED_VAR');
}

/** The links as a forest. @throws Untranslatable if what a link refers to cannot be joined */
export function treeOf(chain: readonly Link[], settings: Settings): readonly LinkNode[] {
  const links: Link[] = [];
  const counters = new Map<Link, Link>();
  for (const link of chain) {
    const counter = joinWriters(link, links, settings);
    if (counter !== undefined) counters.set(link, counter);
    links.push(link);
  }
  const outers = links.map((link, index) =>
    counters.has(link) ? [] : referencesOf(link, links.slice(0, index)),
  );
  const parents = parentsOf(outers);
  const nodes = links.map((link, index): LinkNode => {
    return {
      link,
      inside: [],
      captured: links.some(
        (other, later) => later > index && outers[later].includes(index) && usesCapture(other, links),
      ),
      before: links.slice(0, index),
      repeats: counters.get(link),
    };
  });
  nodes.forEach((node, index) => {
    const parent = parents[index];
    if (parent !== undefined) nodes[parent].inside.push(node);
  });
  return nodes.filter((_, index) => parents[index] === undefined);
}

/** Puts the rules in front that set what a link reads. Gives the counting link if it reads a counter per name. */
function joinWriters(link: Link, links: Link[], settings: Settings): Link | undefined {
  for (const variable of link.variables) {
    const { selector } = variable;
    if (variable.collection !== 'TX' || selector === undefined || isCapture(variable)) continue;
    if (copyOf(variable, links) !== undefined) continue;
    const writers = settings.writersOf(selector);
    const chains = new Set(writers.map(({ chain }) => chain));
    if (chains.size === 0) throw new Untranslatable(`nothing sets TX:${selector.text}`);
    if (chains.size > 1) throw new Untranslatable(`several rules set TX:${selector.text}`);
    const [writer] = writers;
    if (isCounterPerName(writer)) return writer.chain.links[writer.link];
    if (writer.assignment.operation !== '=') throw new Untranslatable(`TX:${selector.text} is a counter`);
    links.push(...writer.chain.links);
  }
  return undefined;
}

function isCounterPerName({ chain, assignment }: Writer): boolean {
  const perName = partsOf(assignment.name).some(
    (part) => part.kind === 'macro' && part.collection === 'MATCHED_VAR_NAME',
  );
  return perName && chain.links.length === 1 && assignment.operation === '+' && assignment.value === '1';
}

/** Links in front whose match a link refers to. */
function referencesOf(link: Link, before: readonly Link[]): readonly number[] {
  const found = new Set<number>();
  const capturing = before.findLastIndex((other) => isCapturing(other));
  const addText = (text: string, from: number): void => {
    for (const part of partsOf(text)) {
      if (part.kind === 'text') continue;
      if (part.collection === 'TX' && /^\d$/.test(part.name))
        found.add(before.slice(0, from + 1).findLastIndex(isCapturing));
      else if (part.collection === 'MATCHED_VAR') found.add(from);
      else if (part.collection === 'TX') addCopy({ kind: 'name', text: part.name }, from);
    }
  };
  const addCopy = (selector: NonNullable<Variable['selector']>, from: number): void => {
    const variable: Variable = { collection: 'TX', selector, counted: false, excluded: false };
    const copy = copyOf(variable, before.slice(0, from + 1));
    if (copy !== undefined) addText(copy.value, before.lastIndexOf(copy.link));
  };
  for (const variable of link.variables) {
    if (isMatched(variable)) found.add(before.length - 1);
    else if (isCapture(variable)) found.add(capturing);
    else if (variable.collection === 'TX' && variable.selector !== undefined)
      addCopy(variable.selector, before.length - 1);
  }
  if (link.operator !== undefined) addText(link.operator.argument, before.length - 1);
  return [...found].filter((index) => index >= 0).sort((a, b) => a - b);
}

function isCapturing(link: Link): boolean {
  return link.capture && link.operator?.negated === false;
}

function usesCapture(link: Link, links: readonly Link[]): boolean {
  const texts = [link.operator?.argument ?? ''];
  for (const variable of link.variables) {
    if (isCapture(variable)) return true;
    const copy = variable.collection === 'TX' ? copyOf(variable, links) : undefined;
    if (copy !== undefined) texts.push(copy.value);
  }
  return texts.some((text) =>
    partsOf(text).some((part) => part.kind === 'macro' && part.collection === 'TX'),
  );
}

/** For each link the one it stands inside: the last it refers to, which must stand inside the others. */
function parentsOf(references: readonly (readonly number[])[]): readonly (number | undefined)[] {
  const parents: (number | undefined)[] = [];
  references.forEach((found, index) => {
    parents[index] = found.at(-1);
    for (const outer of found.slice(0, -1)) moveInside(parents, found.at(-1) ?? index, outer);
  });
  return parents;
}

function moveInside(parents: (number | undefined)[], link: number, outer: number): void {
  let top = link;
  for (let parent = parents[top]; parent !== undefined; parent = parents[top]) {
    if (parent === outer) return;
    top = parent;
  }
  if (top < outer) throw new Untranslatable('links refer to one another in a circle');
  parents[top] = outer;
}
