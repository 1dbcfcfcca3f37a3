/**
 * How servers read a request line and which declared route it falls on, written anew and naively: no trie, no shared
 * code with Ward. Every combination of what the documentation promises (docs/language.md, Routes) is one server.
 */

export interface NaiveRoute {
  readonly name: string;
  /** Empty: any. */
  readonly methods: readonly string[];
  /** As a rule file writes it: literals, `{x}`, `*`, and `**` at the end. */
  readonly path: string;
}

const decode = (text: string): string =>
  text.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
const stripParameters = (text: string): string => text.replace(/;[^/]*/g, '');
const same = (text: string): string => text;
const trimSegments = (text: string): string =>
  text
    .split('/')
    .map((segment) => segment.replace(/[. ]+$/, '') || segment)
    .join('/');

const READERS: ((path: string) => string)[] = [
  same,
  stripParameters,
  decode,
  (path) => decode(stripParameters(path)),
  (path) => stripParameters(decode(path)),
  (path) => decode(path.replace(/%2f/gi, '%252f')),
  (path) => stripParameters(decode(path.replace(/%2f/gi, '%252f'))),
  (path) => decode(decode(path)),
  (path) => stripParameters(decode(decode(path))),
];

/** All texts that some server compares with its routes. */
function readingsOf(path: string): ReadonlySet<string> {
  const texts = new Set<string>();
  for (const read of READERS) {
    for (const slashed of [same, (text: string) => text.replaceAll('\\', '/')]) {
      for (const trim of [same, trimSegments]) texts.add(clean(trim(clean(slashed(read(path))))));
    }
  }
  return texts;
}

/** Slashes merged, dot segments resolved; above the root is the root. */
function clean(path: string): string {
  const kept: string[] = [];
  const segments = path.split('/').filter((segment, i, all) => segment !== '' || i === all.length - 1);
  segments.forEach((segment, i) => {
    if (segment === '..') kept.pop();
    if (segment !== '.' && segment !== '..') kept.push(segment);
    else if (i === segments.length - 1) kept.push('');
  });
  return `/${kept.join('/')}`;
}

/** Names of the routes on which some server finds the request; undefined among them for none. */
export function routesReached(
  routes: readonly NaiveRoute[],
  method: string,
  path: string,
): ReadonlySet<string | undefined> {
  const reached = new Set<string | undefined>();
  for (const asked of method === 'HEAD' ? ['HEAD', 'GET'] : [method]) {
    for (const text of readingsOf(path)) {
      reached.add(routeOf(routes, asked, text, false));
      reached.add(routeOf(routes, asked, text.toLowerCase(), true));
    }
  }
  return reached;
}

/** `lax`: a final slash does not count, of the path or of the route. */
function routeOf(
  routes: readonly NaiveRoute[],
  method: string,
  path: string,
  lax: boolean,
): string | undefined {
  const fitting = routes
    .filter(({ methods }) => methods.length === 0 || methods.includes(method))
    .filter((route) => patternOf(route.path, lax).test(path));
  const rank = (segment: string | undefined): number =>
    segment === undefined ? -1 : segment === '**' ? 2 : /^(?:\*|\{.*\})$/.test(segment) ? 1 : 0;
  fitting.sort((a, b) => {
    const [left, right] = [a.path.split('/'), b.path.split('/')];
    for (let i = 0; i < Math.max(left.length, right.length); i++) {
      const order = rank(left[i]) - rank(right[i]);
      if (order !== 0) return order;
    }
    return Number(a.methods.length === 0) - Number(b.methods.length === 0);
  });
  return fitting[0]?.name;
}

function patternOf(path: string, lax: boolean): RegExp {
  const segments = path.split('/').slice(1);
  let source = '^';
  for (const segment of segments) {
    if (segment === '**') source += '(?:/.*)?';
    else if (/^(?:\*|\{.*\})$/.test(segment)) source += '/[^/]+';
    else source += `/${segment.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`;
  }
  if (lax && segments.at(-1) !== '**') source = `${source.replace(/(?<=.)\/$/, '')}/?`;
  return new RegExp(`${source}$`, 's');
}
