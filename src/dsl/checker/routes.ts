/** Routes: their paths taken apart, and two that match the same request without one being more specific (E307). */
import type { Route } from '../ast.ts';
import type { CheckedRoute, RouteSegment } from '../checked.ts';
import { stringSpan } from '../string-literal.ts';
import type { Context } from './context.ts';

const PARAMETER = /^\{([a-z][A-Za-z0-9_]*)\}$/;
/** RFC 3986 §3.3 without percent escapes: a route is written as the canonical path has it. */
const LITERAL_SEGMENT = /^[A-Za-z0-9\-._~!$&'()+,;=:@\x80-\xff]+$/;

/** All declared routes. */
export function checkRoutes(context: Context): readonly CheckedRoute[] {
  const routes: CheckedRoute[] = [];
  for (const item of context.names.all('Route')) {
    const route = checkRoute(context, item);
    if (route === undefined) continue;
    const tied = routes.find((other) => tie(route, other));
    if (tied !== undefined) {
      context.report(
        'E307',
        item.path.span,
        `\`${route.name}\` and \`${tied.name}\` match the same requests`,
        {
          labels: [{ span: tied.span, message: 'neither is more specific' }],
          help: 'a literal segment is more specific than `{x}` and `*`, these than `**`, a method than `ANY`',
        },
      );
    }
    routes.push(route);
  }
  return routes;
}

function checkRoute(context: Context, item: Route): CheckedRoute | undefined {
  const methods = item.methods.map((method) => method.name);
  for (const [index, method] of item.methods.entries()) {
    if (methods.indexOf(method.name) < index) {
      context.report('E301', method.span, `\`${method.name}\` stands twice`);
    }
  }
  const any = methods.includes('ANY');
  if (any && methods.length > 1) {
    context.report('E302', item.methods[0].span, '`ANY` already holds every method');
  }
  const pattern = item.path.value;
  if (!pattern.startsWith('/')) {
    context.report('E209', item.path.span, 'the path of a route begins with `/`');
    return undefined;
  }
  const segments = routeSegments(context, item);
  if (segments === undefined) return undefined;
  return { name: item.name.name, methods: any ? [] : methods, pattern, segments, span: item.span };
}

function routeSegments(context: Context, item: Route): readonly RouteSegment[] | undefined {
  const segments: RouteSegment[] = [];
  const names = new Set<string>();
  const parts = item.path.value.slice(1).split('/');
  let at = 1;
  for (const [index, part] of parts.entries()) {
    const span = stringSpan(item.path, at, at + part.length);
    at += part.length + 1;
    const last = index === parts.length - 1;
    const parameter = PARAMETER.exec(part)?.[1];
    if (part === '**') {
      if (!last) {
        context.report('E209', span, '`**` stands at the end of a route only');
        return undefined;
      }
      segments.push({ kind: 'rest' });
    } else if (part === '*') segments.push({ kind: 'one' });
    else if (parameter !== undefined) {
      if (names.has(parameter)) context.report('E301', span, `the parameter \`${parameter}\` stands twice`);
      names.add(parameter);
      segments.push({ kind: 'parameter', name: parameter });
    } else if (part === '' ? last : part !== '.' && part !== '..' && LITERAL_SEGMENT.test(part)) {
      segments.push({ kind: 'literal', text: part });
    } else {
      context.report('E209', span, 'this is no segment of a route', {
        help: 'a segment is a text, `{name}`, `*`, or at the end `**`; write characters as they are, not escaped',
      });
      return undefined;
    }
  }
  return segments;
}

function tie(a: CheckedRoute, b: CheckedRoute): boolean {
  const sameMethods =
    a.methods.length === 0 || b.methods.length === 0
      ? a.methods.length === b.methods.length
      : a.methods.some((method) => b.methods.includes(method));
  return (
    sameMethods &&
    a.segments.length === b.segments.length &&
    a.segments.every((segment, index) => sameRank(segment, b.segments[index]))
  );
}

/** Segments that match the same texts with the same rank. */
function sameRank(a: RouteSegment, b: RouteSegment): boolean {
  if (a.kind === 'literal' || b.kind === 'literal') {
    return a.kind === 'literal' && b.kind === 'literal' && a.text === b.text;
  }
  return (a.kind === 'rest') === (b.kind === 'rest');
}
