/** The tools for tuning as a user types them: mutation testing, comparing rule sets, the exclusion of explain. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ward } from './ward-process.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ward-tuning-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

const write = (name: string, text: string): void => writeFileSync(join(directory, name), text);
const here = (...args: string[]) => ward(args, { cwd: directory });

const rules = (word: string, more = ''): string => `language 1
policy "p" { mode enforce }
rule t.word "x" {
  severity error
  when any args |> lower contains "${word}"
  then block 403
  examples { hit GET "/?q=${word}" miss GET "/?q=none" }
}
${more}`;

describe('ward test --mutate', () => {
  it('shows what no example notices, and fails where more was asked for', async () => {
    write('a.ward', rules('evil'));
    const shown = await here('test', 'a.ward', '--mutate');
    expect(shown.code).toBe(0);
    expect(shown.stdout).toContain('unnoticed a.ward:5:17 (t.word): `lower` is left out');
    expect(shown.stdout).toMatch(/\d+ mutants: \d+ noticed, \d+ not \(\d+%\)/);
    const asked = await here('test', 'a.ward', '--mutate', '--mutate-min', '100', '--format', 'json');
    expect(asked.code).toBe(1);
    const { mutation } = JSON.parse(asked.stdout) as { mutation: { survivors: { change: string }[] } };
    expect(mutation.survivors.map(({ change }) => change)).toContain('`lower` is left out');
    expect((await here('test', 'a.ward', '--mutate-rule', 't.nobody')).code).toBe(2);
    expect((await here('test', 'a.ward', '--mutate-rule', 'u.*')).stderr).toContain('no rule is named u.*');
    const below = await here('test', 'a.ward', '--mutate-rule', 't.*');
    expect(below.stdout).toBe(shown.stdout);
    expect((await here('test', 'a.ward', '--mutate-min', '101')).code).toBe(2);
  });
});

describe('ward diff', () => {
  it('ends with 0 where all is alike, 1 where something differs, 2 when it cannot tell', async () => {
    write('a.ward', rules('evil'));
    write('b.ward', rules('vile'));
    write('wrong.ward', rules('evil', 'rule'));
    write('traffic.ndjson', '{"method":"GET","target":"/?q=evil"}\nno json\n');
    expect(await here('diff', 'a.ward', 'a.ward', '--replay', 'traffic.ndjson')).toMatchObject({ code: 0 });
    const changed = await here('diff', 'a.ward', 'b.ward', '--replay', 'traffic.ndjson');
    expect(changed).toMatchObject({ code: 1 });
    expect(changed.stdout).toContain('~ rule t.word: when, examples');
    expect(changed.stdout).toContain(
      'line 1: GET /?q=evil\n  - block 403 by t.word (t.word at args.query["q"])\n  + pass',
    );
    expect(changed.stderr).toContain('line 2: this is no JSON; skipped');
    const json = await here('diff', 'a.ward', 'b.ward', '--replay', 'traffic.ndjson', '--format', 'json');
    expect(JSON.parse(json.stdout)).toMatchObject({
      schema: 1,
      replay: { requests: 1, newlyPassing: 1, wrong: 1 },
    });
    const strict = await here('diff', 'a.ward', 'b.ward', '--replay', 'traffic.ndjson', '--strict');
    expect(strict).toMatchObject({ code: 2 });
    expect(strict.stderr).toContain('traffic.ndjson:2: this is no JSON');
    expect(await here('diff', 'a.ward', 'wrong.ward')).toMatchObject({ code: 2 });
    const missing = await here('diff', 'a.ward', 'a.ward', '--replay', 'nothing.ndjson');
    expect(missing).toMatchObject({ code: 2 });
    expect(missing.stderr).toContain('cannot read the file to replay nothing.ndjson: it does not exist');
    write('other.ndjson', '{"level":"info"}\n');
    const other = await here('diff', 'a.ward', 'a.ward', '--replay', 'other.ndjson');
    expect(other).toMatchObject({ code: 2 });
    expect(other.stderr).toContain('other.ndjson has no request to replay');
  });
});

describe('ward explain', () => {
  it('ends with the exclusion that lets the request pass, which checks and does', async () => {
    write('a.ward', rules('evil'));
    const { stdout } = await here('explain', 'GET /list?q=evil', '--rules', 'a.ward');
    const text = stdout.slice(stdout.indexOf('exclude t.word'));
    expect(text).toContain('  target  args.query["q"]\n');
    write('b.ward', rules('evil', text));
    expect((await here('explain', 'GET /list?q=evil', '--rules', 'b.ward')).stdout).toContain('  pass');
    expect((await here('test', 'b.ward')).code).toBe(0);
  });

  it('takes a request with blanks, as its own help shows one', async () => {
    write('a.ward', rules('evil'));
    const { code, stdout } = await here('explain', 'GET /search?q=so evil', '--rules', 'a.ward');
    expect(code).toBe(0);
    expect(stdout).toContain('block 403 by t.word');
  });

  it('says why there is none', async () => {
    write('a.ward', rules('evil'));
    const { stdout } = await here('explain', 'GET /?q=evil', '--rules', 'a.ward');
    expect(stdout).toContain('no exclusion: t.word would no longer stop the attack at a.ward:7');
  });
});
