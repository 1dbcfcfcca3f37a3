/**
 * Which declared route a path falls on: the most specific wins (a literal segment before `{x}` and `*`, those before
 * `**`; then a route with methods before ANY), segment by segment from the left. `/a/**` includes `/a`.
 *
 * A trie of segments, walked with the literal child first; a lookup visits at most the nodes that fit, bounded by the
 * number of routes. Segments are compared as they stand.
 */

export type SegmentSpec =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'parameter'; readonly name: string }
  | { readonly kind: 'one' }
  | { readonly kind: 'rest' };

export interface RouteSpec {
  readonly name: string;
  /** Empty: any method. */
  readonly methods: readonly string[];
  readonly segments: readonly SegmentSpec[];
}

export interface RouteMatch {
  readonly index: number;
  readonly parameters: ReadonlyMap<string, string>;
}

/** Whether `/a/` also falls on a route `/a`, and `/a` on `/a/`, when none is declared as the path is written. */
export type FinalSlash = 'strict' | 'optional';

interface RouteNode {
  readonly literals: Map<string, RouteNode>;
  wildcard: RouteNode | null;
  readonly routes: number[];
  readonly restRoutes: number[];
}

const NO_PARAMETERS: ReadonlyMap<string, string> = new Map();

export class RouteTable {
  readonly routes: readonly RouteSpec[];
  readonly #root = newNode();
  readonly #slashOptional: boolean;

  constructor(routes: readonly RouteSpec[], finalSlash: FinalSlash = 'strict') {
    this.routes = routes;
    this.#slashOptional = finalSlash === 'optional';
    routes.forEach((route, index) => this.#add(route, index));
  }

  /** `path` begins with a slash; a trailing slash is a segment of its own and empty. */
  match(method: string, path: string): RouteMatch | null {
    if (this.routes.length === 0) return null;
    const segments = path.split('/');
    const index = this.#find(this.#root, segments, 1, method);
    return index < 0 ? null : { index, parameters: this.#parameters(index, segments) };
  }

  #add(route: RouteSpec, index: number): void {
    let node = this.#root;
    for (const segment of route.segments) {
      if (segment.kind === 'rest') {
        node.restRoutes.push(index);
        return;
      }
      if (segment.kind === 'literal') {
        let child = node.literals.get(segment.text);
        if (child === undefined) node.literals.set(segment.text, (child = newNode()));
        node = child;
      } else {
        node = node.wildcard ??= newNode();
      }
    }
    node.routes.push(index);
  }

  #find(node: RouteNode, segments: readonly string[], at: number, method: string): number {
    if (at === segments.length) {
      return this.#findEnd(node, this.#slashOptional ? node.literals.get('') : undefined, method);
    }
    const literal = node.literals.get(segments[at]);
    if (literal !== undefined) {
      const found = this.#find(literal, segments, at + 1, method);
      if (found >= 0) return found;
    }
    if (node.wildcard !== null && segments[at] !== '') {
      const found = this.#find(node.wildcard, segments, at + 1, method);
      if (found >= 0) return found;
    }
    const finalSlash = this.#slashOptional && segments[at] === '' && at === segments.length - 1;
    return finalSlash ? this.#findEnd(node, undefined, method) : this.#choose(node.restRoutes, method);
  }

  /** `slashed`: where the routes of the same path with a final slash are, if they count here. */
  #findEnd(node: RouteNode, slashed: RouteNode | undefined, method: string): number {
    const here = this.#choose(node.routes, method);
    if (here >= 0) return here;
    const other = slashed === undefined ? -1 : this.#choose(slashed.routes, method);
    return other >= 0 ? other : this.#choose(node.restRoutes, method);
  }

  #choose(routes: readonly number[], method: string): number {
    let any = -1;
    for (const index of routes) {
      const { methods } = this.routes[index];
      if (methods.includes(method)) return index;
      if (methods.length === 0 && any < 0) any = index;
    }
    return any;
  }

  #parameters(index: number, segments: readonly string[]): ReadonlyMap<string, string> {
    const specs = this.routes[index].segments;
    if (!specs.some((segment) => segment.kind === 'parameter')) return NO_PARAMETERS;
    const parameters = new Map<string, string>();
    specs.forEach((segment, i) => {
      if (segment.kind === 'parameter') parameters.set(segment.name, segments[i + 1] ?? '');
    });
    return parameters;
  }
}

function newNode(): RouteNode {
  return { literals: new Map(), wildcard: null, routes: [], restRoutes: [] };
}

/** Route numbers as a bit set in words of 31 bits, so that they stay small integers. */
export function routeBits(indexes: readonly number[]): number[] {
  const words: number[] = [];
  for (const index of indexes) {
    const word = Math.floor(index / 31);
    while (words.length <= word) words.push(0);
    words[word] |= 1 << (index % 31);
  }
  return words;
}

export function hasRoute(bits: readonly number[], index: number): boolean {
  return ((bits[Math.floor(index / 31)] ?? 0) & (1 << (index % 31))) !== 0;
}
