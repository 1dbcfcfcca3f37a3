// Under `default deny` nothing reaches a route that no rule allows: not by its method, spelling, form, host or fields.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileProgram } from '../../src/compiler/compile.ts';
import { admit, factsOf } from '../../src/control/inspection.ts';
import type { WrittenRequest } from '../../src/control/inspection.ts';
import { createEngine } from '../../src/engine/engine.ts';
import type { RuleEngine } from '../../src/engine/engine.ts';
import type { ClientCertificate } from '../../src/http/tls-facts.ts';
import { policyOf } from '../support/check-rules.ts';
import { routesReached } from './route-servers.ts';
import type { NaiveRoute } from './route-servers.ts';

/** Routes that differ as little as possible in what they match. */
const ROUTES: readonly NaiveRoute[] = [
  { name: 'everything', methods: [], path: '/**' },
  { name: 'page', methods: [], path: '/{page}' },
  { name: 'admin', methods: [], path: '/admin' },
  { name: 'admin_all', methods: [], path: '/admin/**' },
  { name: 'users_get', methods: ['GET'], path: '/admin/users' },
  { name: 'users_post', methods: ['POST', 'PUT'], path: '/admin/users' },
  { name: 'file', methods: ['GET', 'HEAD'], path: '/files/{name}' },
  { name: 'public', methods: [], path: '/files/public' },
  { name: 'files_all', methods: [], path: '/files/**' },
  { name: 'docs', methods: ['GET'], path: '/docs/' },
  { name: 'part', methods: [], path: '/files/*/parts/{id}' },
];
const CONCRETE = [
  '/',
  '/admin',
  '/admin/users',
  '/admin/users/7',
  '/files/public',
  '/files/secret',
  '/files/public/parts/1',
  '/docs/',
  '/docs',
  '/other',
];

type Asker = Pick<WrittenRequest, 'method' | 'from' | 'claims' | 'certificate'>;

/** What an allow rule may ask for, as the language writes it and as JavaScript does. */
const CONDITIONS: readonly { text: string; holds: (asker: Asker) => boolean }[] = [
  { text: '', holds: () => true },
  { text: 'when request.method == GET', holds: ({ method }) => method === 'GET' },
  { text: 'when request.method in [POST, PUT]', holds: ({ method }) => ['POST', 'PUT'].includes(method) },
  { text: 'when client.ip in ["10.0.0.0/8"]', holds: ({ from }) => from?.startsWith('10.') === true },
  { text: 'when jwt.valid and jwt.claims.sub == "alice"', holds: ({ claims }) => claims?.sub === 'alice' },
  {
    text: 'when any jwt.scopes == "files:read"',
    holds: ({ claims }) =>
      String(claims?.scope ?? '')
        .split(' ')
        .includes('files:read'),
  },
  {
    text: 'when tls.cert.spiffe == "spiffe://prod/billing"',
    holds: ({ certificate }) => certificate?.spiffe === 'spiffe://prod/billing',
  },
];

interface AllowRule {
  /** Empty: all paths. */
  readonly routes: readonly string[];
  readonly condition: (typeof CONDITIONS)[number];
}

interface Policy {
  readonly routes: readonly NaiveRoute[];
  readonly rules: readonly AllowRule[];
}

const policyArbitrary: fc.Arbitrary<Policy> = fc
  .subarray([...ROUTES], { minLength: 3 })
  .chain((routes) =>
    fc.record({
      routes: fc.constant(routes),
      rules: fc.array(
        fc.record({
          routes: fc.oneof(
            {
              weight: 8,
              arbitrary: fc.subarray(
                routes.map(({ name }) => name),
                { minLength: 1, maxLength: 3 },
              ),
            },
            { weight: 1, arbitrary: fc.constant([]) },
          ),
          condition: fc.oneof(fc.constant(CONDITIONS[0]!), fc.constantFrom(...CONDITIONS)),
        }),
        { minLength: 1, maxLength: 4 },
      ),
    }),
  )
  // A rule for all paths without a condition would allow everything.
  .filter(({ rules }) => rules.every(({ routes, condition }) => routes.length > 0 || condition.text !== ''));

function engineOf({ routes, rules }: Policy): RuleEngine {
  const text = [
    'policy "p" { mode enforce default deny -> block 403 }',
    ...routes.map(({ name, methods, path }) => `route ${name} = ${methods.join(', ') || 'ANY'} "${path}"`),
    ...rules.map(({ routes: on, condition }, i) => {
      const where = on.length === 0 ? '' : `on ${on.join(', ')}\n`;
      return `rule allow.r${i} "r" {\n${where}${condition.text}\nthen allow }`;
    }),
  ].join('\n');
  return createEngine(compileProgram(policyOf(text), {}).program);
}

const SLASHES = [
  '/',
  '//',
  '/./',
  '%2f',
  '%2F',
  '\\',
  '%5c',
  '/x/../',
  ';p=1/',
  '/;/',
  '%3b/',
  '/x/..;/',
  '%252f',
];
const ENDS = [
  '',
  '',
  '/',
  ';x',
  '%3bx',
  '/.',
  '/x/..',
  '%2f',
  '.',
  '..',
  '%20',
  '%20.',
  '%2e',
  '%00',
  '\\',
  '%c0%ae',
];

/** A path in one of many spellings; with `Infinity` for `plain` as it is. */
const spelled = fc.constantFrom(...CONCRETE).chain((path) =>
  fc
    .tuple(
      ...[...path].map((byte) => {
        const hex = byte.charCodeAt(0).toString(16);
        const forms = byte === '/' ? SLASHES : [byte.toUpperCase(), `%${hex}`, `%25${hex}`, `%2525${hex}`];
        return fc.oneof(
          { weight: 14, arbitrary: fc.constant(byte) },
          { weight: 1, arbitrary: fc.constantFrom(...forms) },
        );
      }),
      fc.constantFrom(...ENDS),
      fc.constantFrom('', '', '', '?', '?/../admin', '?a=/files/public;x', '??x#', `?${'q'.repeat(9_000)}`),
    )
    .map((parts) => parts.join('')),
);

const target = fc.oneof(
  { weight: 8, arbitrary: spelled },
  { weight: 1, arbitrary: spelled.map((path) => `http://example.test${path}`) },
  { weight: 1, arbitrary: spelled.map((path) => `http://other.test${path}`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '*',
      '',
      'admin',
      '/\\admin',
      'example.test:80',
      'ftp://x/',
      `/${'a/'.repeat(5_000)}`,
    ),
  },
);

const NO_NAMES: readonly string[] = [];
const certificateOf = (spiffe: string): ClientCertificate => ({
  subject: 'CN=x',
  issuer: 'CN=y',
  serial: '1',
  fingerprint: 'ab',
  dnsNames: NO_NAMES,
  uris: [spiffe],
  emails: NO_NAMES,
  addresses: NO_NAMES,
  spiffe,
  keyUsages: NO_NAMES,
  extendedKeyUsages: NO_NAMES,
  policies: NO_NAMES,
  notBeforeMs: 0,
  notAfterMs: 1,
  pem: '',
});

const askerOf = {
  from: fc.constantFrom('198.51.100.7', '10.1.2.3', '110.0.0.1'),
  claims: fc.constantFrom(
    undefined,
    { sub: 'alice' },
    { sub: 'ALICE', scope: 'profile files:read' },
    { scope: 'files:readx' },
  ),
  certificate: fc.constantFrom(
    undefined,
    certificateOf('spiffe://prod/billing'),
    certificateOf('spiffe://prod/billing/x'),
  ),
};

const requestArbitrary: fc.Arbitrary<WrittenRequest> = fc.record({
  ...askerOf,
  method: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom('GET', 'POST') },
    {
      weight: 1,
      arbitrary: fc.constantFrom('HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PROPFIND', 'get', 'GETX', 'TRACE'),
    },
  ),
  target,
  scheme: fc.constant('https' as const),
  headers: fc.subarray<[string, string]>([
    ['host', 'EXAMPLE.test:80'],
    ['x-original-url', '/files/public'],
    ['x-rewrite-url', '/admin'],
    ['x-http-method-override', 'DELETE'],
    ['x-forwarded-host', 'admin.test'],
    ['x-forwarded-for', '10.1.2.3'],
  ]),
  body: fc.constant(undefined),
  answered: fc.constant(undefined),
});

/** Whether a request passes; undefined if the guard refuses it. */
function passes(engine: RuleEngine, request: WrittenRequest): { passed: boolean; path: string } | undefined {
  const admission = admit(request);
  if ('reason' in admission) return undefined;
  const transaction = engine.begin(admission.head, { ...factsOf(request), gates: 'off' });
  const passed = transaction.verdict.action === 'pass';
  transaction.close();
  return { passed, path: admission.head.path };
}

function isCovered({ rules }: Policy, route: string | undefined, asker: Asker): boolean {
  return rules.some(
    ({ routes, condition }) =>
      (routes.length === 0 || (route !== undefined && routes.includes(route))) && condition.holds(asker),
  );
}

const RUNS = 120;
const REQUESTS = 60;

describe('default deny', () => {
  it('lets nothing reach a route that no rule allows, whatever server reads it', () => {
    const seen = { refusedByGuard: 0, denied: 0, passed: 0, passedInOddSpelling: 0 };
    fc.assert(
      fc.property(
        policyArbitrary,
        fc.array(requestArbitrary, { minLength: REQUESTS, maxLength: REQUESTS }),
        (policy, requests) => {
          const engine = engineOf(policy);
          for (const request of requests) {
            const outcome = passes(engine, request);
            if (outcome === undefined) seen.refusedByGuard++;
            else if (!outcome.passed) seen.denied++;
            else {
              seen.passed++;
              if (!CONCRETE.includes(outcome.path)) seen.passedInOddSpelling++;
              for (const route of routesReached(policy.routes, request.method, outcome.path)) {
                const shown = `${request.method} ${request.target} read as ${route ?? 'no route'}`;
                expect(isCovered(policy, route, request), shown).toBe(true);
              }
            }
          }
        },
      ),
      { numRuns: RUNS },
    );
    for (const [kind, count] of Object.entries(seen)) expect(count, kind).toBeGreaterThan(100);
  });

  it('lets pass what one rule allows in every reading', () => {
    let passed = 0;
    const plain = fc.record({
      ...askerOf,
      method: fc.constantFrom('GET', 'POST', 'DELETE'),
      target: fc.constantFrom(...CONCRETE),
    });
    fc.assert(
      fc.property(policyArbitrary, fc.array(plain, { minLength: 20, maxLength: 20 }), (policy, askers) => {
        const engine = engineOf(policy);
        for (const asker of askers) {
          const routes = [...routesReached(policy.routes, asker.method, asker.target)];
          const allowed = policy.rules.some((rule) =>
            routes.every((route) => isCovered({ ...policy, rules: [rule] }, route, asker)),
          );
          const request = {
            ...asker,
            scheme: 'https' as const,
            headers: [],
            body: undefined,
            answered: undefined,
          };
          expect(passes(engine, request)?.passed, `${asker.method} ${asker.target}`).toBe(allowed);
          if (allowed) passed++;
        }
      }),
      { numRuns: RUNS },
    );
    expect(passed).toBeGreaterThan(100);
  });
});
