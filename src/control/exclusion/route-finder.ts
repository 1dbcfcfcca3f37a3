/** On which declared route a request falls, as rules that permit see it. */
import { foldPath } from '../../http/path.ts';
import { RouteTable } from '../../engine/route-table.ts';
import type { CheckedRoute } from '../../dsl/checked.ts';

/** A path with none of these reads the same everywhere but for letter case, so all its views are on one route. */
const DISPUTED = /[%\\;]/;

export class RouteFinder {
  readonly #table: RouteTable;

  constructor(routes: readonly CheckedRoute[]) {
    this.#table = new RouteTable(
      routes.map(({ name, methods, segments }) => ({
        name,
        methods,
        segments: segments.map((segment) =>
          segment.kind === 'literal' ? { ...segment, text: foldPath(`/${segment.text}`).slice(1) } : segment,
        ),
      })),
    );
  }

  /** The route of a canonical path; undefined without one, and where servers could read the path as another. */
  routeOf(method: string, path: string): string | undefined {
    if (DISPUTED.test(path)) return undefined;
    const match = this.#table.match(method, foldPath(path));
    return match === null ? undefined : this.#table.routes[match.index].name;
  }
}
