/** Which declared routes the readings of a path fall on, by comparing every route with every reading. */
import type { CheckedPolicy, CheckedRoute } from '../../src/dsl/checked.ts';
import { decodePath, foldPath } from '../../src/http/path.ts';
import type { RequestHead } from '../../src/http/request-head.ts';

export interface Routed {
  /** Of the canonical path. */
  readonly route: CheckedRoute | undefined;
  readonly parameters: ReadonlyMap<string, string>;
  /** Route names of all views, undefined for none; the canonical one first. */
  readonly views: readonly (string | undefined)[];
}

export function routeOf(policy: CheckedPolicy, head: RequestHead): Routed {
  const route = mostSpecific(policy.routes, head.method, head.path, (text) => text);
  const segments = head.path.split('/').slice(1);
  const parameters = new Map<string, string>();
  route?.segments.forEach((segment, i) => {
    if (segment.kind === 'parameter') parameters.set(segment.name, segments[i]);
  });
  const methods = head.method === 'HEAD' ? ['HEAD', 'GET'] : [head.method];
  const others = methods.flatMap((method) =>
    head.pathViews.flatMap((view) => [
      mostSpecific(policy.routes, method, view, (text) => decodePath(`/${text}`).slice(1))?.name,
      laxRoute(policy.routes, method, view)?.name,
    ]),
  );
  return { route, parameters, views: [route?.name, ...others] };
}

/** As servers see it that ignore letter case and a final slash; of two routes that differ in it alone, the one as sent. */
function laxRoute(routes: readonly CheckedRoute[], method: string, view: string): CheckedRoute | undefined {
  const path = view.toLowerCase();
  const spell = (text: string): string => foldPath(`/${text}`).slice(1);
  const sent = mostSpecific(routes, method, path, spell);
  const other = path.endsWith('/') ? path.slice(0, -1) : `${path}/`;
  if (path === '/') return sent;
  const ending = (route: CheckedRoute): boolean => isSlashed(route) === other.endsWith('/');
  const changed = mostSpecific(
    routes.filter((route) => route.segments.at(-1)?.kind !== 'rest' && ending(route)),
    method,
    other,
    spell,
  );
  if (sent === undefined || changed === undefined) return sent ?? changed;
  const order = bySpecificity(withoutSlash(sent), withoutSlash(changed));
  return order > 0 && !isSamePath(sent, changed) ? changed : sent;
}

function isSlashed({ segments }: CheckedRoute): boolean {
  const last = segments.at(-1);
  return segments.length > 1 && last?.kind === 'literal' && last.text === '';
}

function withoutSlash(route: CheckedRoute): CheckedRoute {
  return isSlashed(route) ? { ...route, segments: route.segments.slice(0, -1) } : route;
}

function isSamePath(left: CheckedRoute, right: CheckedRoute): boolean {
  const shape = (route: CheckedRoute): string =>
    JSON.stringify(
      withoutSlash(route).segments.map((part) => (part.kind === 'literal' ? part : RANK[part.kind])),
    );
  return shape(left) === shape(right);
}

/** Whether something limited to `routes` applies: to restrict one view is enough, to permit all are needed. */
export function applies(routes: readonly string[], routed: Routed, relaxes: boolean): boolean {
  if (routes.length === 0) return true;
  const on = (view: string | undefined): boolean => view !== undefined && routes.includes(view);
  return relaxes ? routed.views.every(on) : routed.views.some(on);
}

function mostSpecific(
  routes: readonly CheckedRoute[],
  method: string,
  path: string,
  spell: (text: string) => string,
): CheckedRoute | undefined {
  const segments = path.split('/').slice(1);
  return routes
    .filter((route) => route.methods.length === 0 || route.methods.includes(method))
    .filter((route) => fits(route, segments, spell))
    .sort(bySpecificity)[0];
}

function fits(route: CheckedRoute, segments: readonly string[], spell: (text: string) => string): boolean {
  const rest = route.segments.at(-1)?.kind === 'rest';
  const fixed = rest ? route.segments.slice(0, -1) : route.segments;
  if (rest ? segments.length < fixed.length : segments.length !== fixed.length) return false;
  return fixed.every((segment, i) =>
    segment.kind === 'literal' ? spell(segment.text) === segments[i] : segments[i] !== '',
  );
}

const RANK = { literal: 0, parameter: 1, one: 1, rest: 2 };

function bySpecificity(a: CheckedRoute, b: CheckedRoute): number {
  for (let i = 0; i < Math.max(a.segments.length, b.segments.length); i++) {
    const left = i < a.segments.length ? RANK[a.segments[i].kind] : -1;
    const right = i < b.segments.length ? RANK[b.segments[i].kind] : -1;
    if (left !== right) return left - right;
  }
  return Number(a.methods.length === 0) - Number(b.methods.length === 0);
}
