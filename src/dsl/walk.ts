/** Moves through the syntax tree: finds an entry of a block, visits every node, compares two trees. */
import type { Node } from './ast-expression.ts';

/** The first entry of a kind, or undefined. The parser has refused a second one where only one may stand. */
export function entryOf<Entry extends Node, Kind extends Entry['kind']>(
  entries: readonly Entry[],
  kind: Kind,
): Extract<Entry, { kind: Kind }> | undefined {
  return entries.find((entry): entry is Extract<Entry, { kind: Kind }> => entry.kind === kind);
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'kind' in value && 'span' in value;
}

/** The nodes right below a node, in the order of its properties, which is that of the source. */
function childrenOf(node: Node): Node[] {
  const children: Node[] = [];
  for (const value of Object.values(node) as unknown[]) {
    if (isNode(value)) children.push(value);
    else if (Array.isArray(value)) {
      for (const element of value as unknown[]) if (isNode(element)) children.push(element);
    }
  }
  return children;
}

/** Calls `visit` for a node and all below it, parents first; `false` leaves out what is below. */
export function walk(node: Node, visit: (node: Node) => boolean | void): void {
  if (visit(node) === false) return;
  for (const child of childrenOf(node)) walk(child, visit);
}

/** Whether two trees say the same: everything but the places is equal, comments included. O(size). */
export function sameTree(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const left = Object.entries(a).filter(([key]) => key !== 'span');
  const right = new Map(Object.entries(b).filter(([key]) => key !== 'span'));
  return (
    left.length === right.size &&
    left.every(([key, value]) => right.has(key) && sameTree(value, right.get(key)))
  );
}
