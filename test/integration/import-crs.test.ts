/**
 * The OWASP Core Rule Set 3.3 of Debian's package `modsecurity-crs`, imported as it is installed: what is carried, what is
 * not and why, and how requests fare at paranoia level 1. Nothing of the rule set is in this repository.
 */
import { existsSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { inspect } from '../../src/control/inspection.ts';
import type { WrittenRequest } from '../../src/control/inspection.ts';
import { importFromDisk } from '../../src/control/seclang-import.ts';
import { compilePolicyForTests } from '../../src/control/rule-set.ts';
import type { Engine } from '../../src/engine/api.ts';
import type { Imported } from '../../src/seclang/import.ts';
import { countOutcomes } from '../../src/seclang/report.ts';
import { checkFiles } from '../support/check-rules.ts';

const RULES = '/usr/share/modsecurity-crs';
const SETUP = '/etc/modsecurity/crs/crs-setup.conf';

let imported: Imported;
let engine: Engine;

beforeAll(() => {
  for (const path of [RULES, SETUP]) {
    if (!existsSync(path))
      throw new Error(`${path} is missing: install Debian's package modsecurity-crs (.ci/run does)`);
  }
  imported = importFromDisk([SETUP, RULES], '/', { name: 'crs', exact: false, strict: false });
  const listFiles = new Map(imported.lists.map(({ path, entries }) => [path, entries]));
  const files = [...imported.files].map(([path, text]) => ({ path, text }));
  const { policy, diagnostics } = checkFiles(files, { listFiles });
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  if (policy === null) throw new Error('no policy');
  engine = compilePolicyForTests(policy);
});

describe('the report', () => {
  it('counts what became of the rules', () => {
    expect(imported.report.problems).toEqual([]);
    expect(Object.fromEntries(countOutcomes(imported.report))).toMatchObject({ carried: 224, 'left-out': 5 });
  });

  it('names what was left out with place and reason', () => {
    const left = imported.report.entries.filter(({ outcome }) => outcome === 'left-out');
    expect(left.map(({ id, code, text }) => [id, code, text.replace(/^.*: /, '')])).toEqual([
      [920120, 'S015', 'it looks behind'],
      [920600, 'S015', 'it has a possessive repeat'],
      [942130, 'S015', 'it looks ahead'],
      [942260, 'S015', 'it has a possessive repeat'],
      [953120, 'S015', 'it looks ahead'],
    ]);
    for (const { place } of left) {
      expect(place.file).toMatch(/^usr\/share\/modsecurity-crs\/rules\/RE\w+-\d+-.*\.conf$/);
      expect(place.line).toBeGreaterThan(1);
    }
  });
});

const BROWSER: WrittenRequest['headers'] = [
  ['user-agent', 'Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0'],
  ['accept', 'text/html,application/xhtml+xml'],
  ['accept-language', 'en'],
];
const FORM: WrittenRequest['headers'] = [...BROWSER, ['content-type', 'application/x-www-form-urlencoded']];

async function judge(request: Partial<WrittenRequest>): Promise<{ action: string; ids: readonly number[] }> {
  const found = await inspect(engine, {
    method: 'GET',
    target: '/',
    from: '198.51.100.7',
    scheme: 'https',
    headers: BROWSER,
    body: undefined,
    answered: undefined,
    ...request,
  });
  if (found.kind === 'refused') throw new Error(found.reason);
  const { verdict, matches } = found.report;
  return { action: verdict.action, ids: matches.flatMap(({ id }) => id ?? []) };
}

describe('paranoia level 1', () => {
  it.each<[string, Partial<WrittenRequest>, number]>([
    ['SQL in the query', { target: "/items?id=7'%20union%20select%20name,pass%20from%20users--%20" }, 942100],
    ['a script in a form', { method: 'POST', headers: FORM, body: 'note=<script>alert(7)</script>' }, 941100],
    ['a path that climbs', { target: '/view?page=../../../../etc/passwd' }, 930120],
    ['a command', { method: 'POST', headers: FORM, body: 'host=127.0.0.1;cat /etc/passwd' }, 932160],
    ['PHP code', { target: '/?x=%3C%3Fphp%20system(%22id%22)%3B' }, 933100],
    [
      'a scanner',
      {
        headers: [
          ['user-agent', 'sqlmap/1.7.2'],
          ['accept', '*/*'],
        ],
      },
      913100,
    ],
  ])('refuses %s', async (_what, request, id) => {
    const { action, ids } = await judge(request);
    expect(action).toBe('block');
    expect(ids).toContain(id);
  });

  it.each<[string, Partial<WrittenRequest>]>([
    ['a page', { target: '/items/7?sort=price&page=2' }],
    ['a form', { method: 'POST', headers: FORM, body: 'name=Se%C3%A1n+O%27Brien&note=See+you+at+7' }],
    [
      'JSON',
      {
        method: 'POST',
        headers: [...BROWSER, ['content-type', 'application/json']],
        body: '{"name":"Anna","tags":["new","blue"],"amount":12.5}',
      },
    ],
  ])('passes %s', async (_what, request) => {
    expect(await judge(request)).toEqual({ action: 'pass', ids: [] });
  });
});
