/** On which declared route a request falls, as rules that permit see it. */
import { RouteTable } from '../../engine/route-table.ts';
import type { FinalSlash, RouteSpec } from '../../engine/route-table.ts';
import { decodePath, foldPath, isUndisputed } from '../../http/path.ts';
import type { CheckedRoute } from '../../dsl/checked.ts';

export class RouteFinder {
  readonly #strict: RouteTable;
  readonly #lax: RouteTable;

  constructor(routes: readonly CheckedRoute[]) {
    this.#strict = tableOf(routes, decodePath, 'strict');
    this.#lax = tableOf(routes, foldPath, 'optional');
  }

  /** The route of a canonical path; undefined without one, and where servers could read the path as another. */
  routeOf(method: string, path: string): string | undefined {
    if (!isUndisputed(path)) return undefined;
    const strict = this.#strict.match(method, decodePath(path));
    const lax = this.#lax.match(method, foldPath(path));
    if (strict === null || strict.index !== lax?.index) return undefined;
    return this.#strict.routes[strict.index].name;
  }
}

function tableOf(
  routes: readonly CheckedRoute[],
  spell: (path: string) => string,
  finalSlash: FinalSlash,
): RouteTable {
  const specs = routes.map(
    ({ name, methods, segments }): RouteSpec => ({
      name,
      methods,
      segments: segments.map((segment) =>
        segment.kind === 'literal' ? { ...segment, text: spell(`/${segment.text}`).slice(1) } : segment,
      ),
    }),
  );
  return new RouteTable(specs, finalSlash);
}
