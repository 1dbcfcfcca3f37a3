/** The commands as a user types them: what they print and with what they end. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MAIN, ward } from './ward-process.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ward-cli-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

function write(path: string, text: string): string {
  const absolute = join(directory, path);
  mkdirSync(dirname(absolute), { recursive: true });
  writeFileSync(absolute, text);
  return absolute;
}

const here = (args: readonly string[], input = '') => ward(args, { cwd: directory, input });

const RULE = `language 1

policy "p" {
  mode     enforce
  default  allow
}

rule admin.path "Admin area" {
  severity  critical
  when      request.path starts_with "/admin"
  then      block 404
  examples {
    hit  GET "/admin/users"
    miss GET "/"
    pass GET "/public"
  }
}
`;

describe('ward', () => {
  it('shows help with examples for every command', async () => {
    const { code, stdout } = await here(['--help']);
    expect(code).toBe(0);
    const commands = [...stdout.matchAll(/^ {2}(\w+)[ [].*$/gm)].map((match) => match[1]);
    expect(commands).toEqual(
      expect.arrayContaining(['run', 'init', 'check', 'fmt', 'test', 'explain', 'config']),
    );
    for (const command of ['run', 'init', 'check', 'fmt', 'test', 'explain']) {
      const help = await here([command, '--help']);
      expect(help.code).toBe(0);
      expect(help.stdout).toMatch(/Examples?:\n {2}ward /);
    }
  });

  it.each([
    [['chekc'], 'Did you mean check?'],
    [['run', '--upsteam', 'x'], 'Did you mean --upstream?'],
    [['check', '--format', 'xml'], "argument 'xml' is invalid"],
    [['run'], 'upstream.url: no service to stand in front of'],
    [['run', '--upstream', 'nonsense'], '--upstream: upstream.url: expected a URL'],
    [
      ['run', '--upstream', 'http://h', '--config', 'none.yaml'],
      'none.yaml: cannot be read: it does not exist',
    ],
    [['run', '--upstream', 'http://h', '--config', '.'], '.: cannot be read: it is a directory'],
    [['explain', 'GET /', '-d', '@none.json'], 'error: cannot read the body none.json: it does not exist'],
    [['check', 'none.ward'], 'cannot read the rule file none.ward: it does not exist'],
  ])('ends %j with 2 and says why', async (args, message) => {
    const { code, stderr } = await here(args);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });
});

describe('ward check', () => {
  it('accepts the shipped rules', async () => {
    const { code, stderr } = await here(['check']);
    expect(stderr).toMatch(/\d+ files, \d+ rules: 0 errors, 0 warnings/);
    expect(code).toBe(0);
  });

  it('points at a mistake in text, JSON and SARIF, and ends with 1', async () => {
    write('a.ward', RULE.replace('request.path', 'request.pat'));
    const text = await here(['check', 'a.ward']);
    expect(text.code).toBe(1);
    expect(text.stdout).toContain('--> a.ward:10:13');
    expect(text.stdout).toContain('request.path');
    const json = JSON.parse((await here(['check', 'a.ward', '--format', 'json'])).stdout) as {
      diagnostics: { path: string }[];
    };
    expect(json.diagnostics[0].path).toBe('a.ward');
    const sarif = JSON.parse((await here(['check', 'a.ward', '--format', 'sarif'])).stdout) as {
      version: string;
    };
    expect(sarif.version).toBe('2.1.0');
  });

  it('reads the rules that ward.yaml names', async () => {
    write('ward.yaml', 'rules: [rules/*.ward]\n');
    write('rules/a.ward', RULE);
    const { code, stderr } = await here(['check']);
    expect(stderr).toContain('1 file, 1 rule: 0 errors');
    expect(code).toBe(0);
  });
});

describe('ward fmt', () => {
  const UGLY = RULE.replace('  mode     enforce', 'mode enforce');

  it('reports with --check and writes without', async () => {
    const path = write('a.ward', UGLY);
    const checked = await here(['fmt', '--check', 'a.ward']);
    expect([checked.code, checked.stderr]).toEqual([1, 'would change a.ward\n1 file, 1 would change\n']);
    expect(readFileSync(path, 'utf8')).toBe(UGLY);
    expect((await here(['fmt', 'a.ward'])).code).toBe(0);
    expect(readFileSync(path, 'utf8')).not.toBe(UGLY);
    expect((await here(['fmt', '--check', 'a.ward'])).code).toBe(0);
  });

  it('formats standard input', async () => {
    const { code, stdout } = await here(['fmt', '-'], UGLY);
    expect(code).toBe(0);
    expect(stdout).toContain('  mode ');
    expect((await here(['fmt', '-'], stdout)).stdout).toBe(stdout);
  });

  it('leaves a broken file alone', async () => {
    const path = write('a.ward', 'language 1\nrule {');
    const { code, stdout } = await here(['fmt', 'a.ward']);
    expect(code).toBe(1);
    expect(stdout).toContain('a.ward:2:');
    expect(readFileSync(path, 'utf8')).toBe('language 1\nrule {');
  });
});

describe('ward test', () => {
  it('holds the shipped rules to their examples', async () => {
    const { code, stdout } = await here(['test']);
    expect(stdout).toMatch(/\d+ examples: \d+ held, 0 failed/);
    expect(code).toBe(0);
  });

  it('names the example that fails', async () => {
    write(
      'a.ward',
      RULE.replace('pass GET "/public"', 'pass GET "/admin/public"').replace('"/"', '"/admin"'),
    );
    const { code, stdout } = await here(['test', 'a.ward']);
    expect(code).toBe(1);
    expect(stdout).toContain('error[E601]: the policy refuses this request with 404 by `admin.path`');
    expect(stdout).toContain('error[E601]: `admin.path` matches this request');
    expect(stdout).toContain('3 examples: 1 held, 2 failed');
  });

  it('takes a todo that works for an error, and one that does not for what it says', async () => {
    write('a.ward', RULE.replace('hit  GET', 'todo GET').replace('miss GET', 'todo GET'));
    const { code, stdout } = await here(['test', 'a.ward']);
    expect(code).toBe(1);
    expect(stdout).toContain('matches this request now');
    expect(stdout).toContain('2 held, 1 failed');
  });

  it('shows what no example covers', async () => {
    write('a.ward', RULE.replace(/ {4}hit.*\n/, ''));
    const { stdout } = await here(['test', 'a.ward', '--coverage']);
    expect(stdout).toContain('uncovered admin.path: no `hit`');
    const json = JSON.parse((await here(['test', 'a.ward', '--coverage', '--format', 'json'])).stdout) as {
      examples: { held: number };
      coverage: { rule: string; tests: unknown[] }[];
      outcomes: unknown;
      diagnostics: { code: string; start: unknown }[];
    };
    expect(json.examples.held).toBe(2);
    expect(json.coverage[0].rule).toBe('admin.path');
    expect(json.coverage[0].tests).toEqual([
      {
        text: 'request.path starts_with "/admin"',
        path: 'a.ward',
        line: 10,
        column: 13,
        timesTrue: 0,
        timesFalse: 2,
      },
    ]);
    expect(json.outcomes).toEqual({ seen: 1, total: 2, percent: 50 });
    expect(json.diagnostics).toMatchObject([{ code: 'W603', start: { line: 10, column: 13 } }]);
  });

  it('shows the parts of conditions that no example makes true', async () => {
    write('a.ward', RULE.replace('"/admin"', '"/admin" or any args == "x"'));
    const { code, stdout } = await here(['test', 'a.ward', '--coverage']);
    expect(stdout).toContain(
      'warning[W603]: no example of `admin.path` makes this true\n --> a.ward:10:50\n',
    );
    expect(stdout).toContain('3 of 4 outcomes of sub-expressions covered (75%)');
    expect(code).toBe(0);
  });

  it('tells programs of scenarios, those that hold and those that fail', async () => {
    const limits = `
limiter few { key client.ip  allow 2 per 1h  then block 429 }
rule dos.few "x" { severity warning  then limit few }
scenario "the third is refused" { repeat 2 { send GET "/" expect pass } send GET "/" expect block 429 by dos.few }
scenario "the first is refused" { send GET "/" expect block 429 }
`;
    write('a.ward', `${RULE}${limits}`);
    const { code, stdout } = await here(['test', 'a.ward', '--format', 'json']);
    const told = JSON.parse(stdout) as Record<string, unknown>;
    expect(Object.keys(told).sort()).toEqual(['corpus', 'diagnostics', 'examples', 'scenarios', 'schema']);
    expect(told.schema).toBe(1);
    expect(told.scenarios).toEqual([
      { title: 'the third is refused', requests: 3, held: true },
      { title: 'the first is refused', requests: 1, held: false },
    ]);
    expect(told.diagnostics).toMatchObject([
      { code: 'E606', severity: 'error', path: 'a.ward', message: 'the request passed', labels: [], fix: [] },
    ]);
    expect(code).toBe(1);
    const checked = await here(['check', 'a.ward', '--format', 'json']);
    expect(JSON.parse(checked.stdout)).toEqual({ schema: 1, diagnostics: [] });
  });

  it('runs a corpus', async () => {
    write('a.ward', RULE);
    const request = 'request:\n  method: GET\n  target: /admin\n  headers:\n    - [host, a.example]\n';
    write('corpus/attack/a.yaml', `description: a\n${request}expect: block\nby: [admin.path]\n`);
    write('corpus/benign/b.yaml', `description: b\n${request}expect: pass\n`);
    const { code, stdout } = await here(['test', 'a.ward', '--corpus', 'corpus']);
    expect(stdout).toContain('corpus benign/b.yaml: blocked by admin.path');
    expect(stdout).toContain('2 corpus cases: 1 held, 1 failed');
    expect(code).toBe(1);
  });
});

describe('ward explain', () => {
  it('says why a request is blocked', async () => {
    write('a.ward', RULE);
    const { code, stdout } = await here(['explain', 'GET /admin/x?y=1', '--rules', 'a.ward']);
    expect(code).toBe(0);
    expect(stdout).toContain('block 404 by admin.path');
    expect(stdout).toContain('/admin/x');
  });

  it('shows value, decoded form, matched span and cost of each test in a hundred columns', async () => {
    const pattern = `/un[i1]on ${'x?'.repeat(60)}select/`;
    const when = `request.method == GET and any args |> percent_decode(2) |> lower matches ${pattern}`;
    write(
      'a.ward',
      RULE.replace('request.path starts_with "/admin"', when).replace(/ {2}examples[^}]*}\n/, ''),
    );
    const long = `${'a'.repeat(200)}%2555NION%20select`;
    const { stdout } = await here(['explain', `GET /?q=${long}`, '--rules', 'a.ward']);
    expect(stdout).toContain('a.ward:10:13, headers, at most 0.05 µs');
    expect(stdout).toContain('a.ward:10:39, body, at most 24 µs');
    expect(stdout).toMatch(/value {4}args\.query\["q"\] =\n +"a+\n/);
    expect(stdout).toMatch(/decoded {2}percent_decode ->\n +"a+\n/);
    expect(stdout).toMatch(/decoded {2}lower ->\n +"a+\n/);
    expect(stdout).toContain('matched  "union select" at bytes 200 to 212 of the decoded value');
    const wide = stdout.split('\n').filter((line) => !line.startsWith('GET ') && line.length > 100);
    expect(wide).toEqual([]);
  });

  it('takes headers and a body, and speaks JSON', async () => {
    write('a.ward', RULE.replace('request.path starts_with "/admin"', 'any args contains "evil"'));
    const args = ['explain', 'POST /x', '--rules', 'a.ward', '--format', 'json'];
    const body = ['-H', 'content-type: application/json', '-d', '{"a":{"b":"so evil"}}'];
    const { stdout } = await here([...args, ...body]);
    const told = JSON.parse(stdout) as { verdict: { by: string }; rules: { rule: string }[] };
    expect(told.verdict.by).toBe('admin.path');
    expect(told.rules[0].rule).toBe('admin.path');
  });

  it('shows how the limits stand that the request takes from, which refuse it and which are on trial', async () => {
    const limits = `
limiter few { key client.ip  allow 1 per 1h  cost request.header_count  then block 429 }
limiter many { key client.ip  allow 20 per 1h  then block 429 }
rule dos.few "x" { severity warning  when request.path == "/few"  then limit few  message "{limiter.few.used} used" }
rule dos.trial "x" { severity warning  mode monitor until 2099-01-01  when request.path == "/trial"  then limit few }
rule dos.many "x" { severity warning  then limit many }
`;
    write('a.ward', `${RULE}${limits}`);
    const headers = ['-H', 'a: 1', '-H', 'b: 2', '--rules', 'a.ward'];
    const { stdout } = await here(['explain', 'GET /few', ...headers]);
    expect(stdout).toContain('block 429 by dos.few (headers phase)');
    expect(stdout).toContain('  limit few: 0 used, 1 left, refused\n');
    expect(stdout).toContain('  limit many: 0 used, 20 left\n'); // one refusal takes nothing from the others
    expect(stdout).toContain('message: 0 used');
    const trial = await here(['explain', 'GET /trial', ...headers]);
    expect(trial.stdout).toContain('if every rule were enforced: block 429 by dos.trial');
    expect(trial.stdout).toContain('  limit few: 0 used, 1 left, refused, monitored\n');
    expect(trial.stdout).toContain('  limit many: 1 used, 19 left\n');
    const json = JSON.parse((await here(['explain', 'GET /few', ...headers, '--format', 'json'])).stdout);
    expect(json).toMatchObject({
      schema: 1,
      verdict: { status: 429, by: 'dos.few' },
      limits: [
        { name: 'few', mode: 'enforce', granted: false, used: 0, remaining: 1, source: 'memory' },
        { name: 'many', mode: 'enforce', granted: true, used: 0, remaining: 20, source: 'memory' },
      ],
    });
  });

  it('says when a request never reaches a rule', async () => {
    write('a.ward', RULE);
    const { code, stdout } = await here(['explain', 'GET /%00', '--rules', 'a.ward']);
    expect(code).toBe(0);
    expect(stdout).toContain('refused with 400 before any rule: path.control_byte');
  });

  it.each(['GET', 'GET nothing', 'get /'])('refuses the request line %j', async (line) => {
    write('a.ward', RULE);
    const { code, stderr } = await here(['explain', line, '--rules', 'a.ward']);
    expect(code).toBe(2);
    expect(stderr).toContain('GET /path');
  });
});

describe('ward init', () => {
  it('writes files that check and start from what the directory tells', async () => {
    write('package.json', JSON.stringify({ name: '@shop/orders', scripts: { start: 'PORT=4123 node .' } }));
    const { code, stdout } = await here(['init']);
    expect(code).toBe(0);
    expect(stdout).toContain('http://127.0.0.1:4123 (found in the script "start")');
    expect((await here(['check'])).stderr).toContain('0 errors, 0 warnings');
    expect((await here(['fmt', '--check'])).code).toBe(0);
    expect((await here(['config', 'print'])).stdout).toContain('url: http://127.0.0.1:4123  # ward.yaml:');
    const again = await here(['init']);
    expect(again.code).toBe(2);
    expect(again.stderr).toContain('nothing was written');
    expect((await here(['init', '--force'])).code).toBe(0);
  });
});

describe('ward config', () => {
  it('prints values with their sources, also as JSON', async () => {
    write('ward.yaml', 'upstream: { url: "http://127.0.0.1:1" }\n');
    const args = ['config', 'print', '--listen', ':81', '--format', 'json'];
    const settings = JSON.parse((await here(args)).stdout) as {
      path: string;
      value: unknown;
      source: string;
    }[];
    expect(settings.find(({ path }) => path === 'listen')).toEqual({
      path: 'listen',
      value: ':81',
      source: '--listen',
    });
    expect(JSON.parse((await here(['config', 'schema'])).stdout)).toHaveProperty('properties.upstream');
  });
});

it('goes on without a reader: what nobody wants is dropped', async () => {
  const child = spawn(process.execPath, [MAIN, 'config', 'schema']);
  child.stdout.destroy();
  let told = '';
  child.stderr.on('data', (chunk: Buffer) => (told += chunk.toString()));
  expect(await once(child, 'close')).toEqual([0, null]);
  expect(told).toBe('');
});
