/** Precedence, environment names, conversion, and every refusal with its place and cure. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import type { FlagSettings } from '../../../src/config/layers.ts';
import type { LoadedConfig } from '../../../src/config/load.ts';
import { ConfigError } from '../../../src/config/problem.ts';
import { renderEffective } from '../../../src/config/reference.ts';
import { resolveSecrets } from '../../../src/config/secrets.ts';

const UPSTREAM = 'upstream:\n  url: http://127.0.0.1:3000\n';
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ward-config-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

interface Given {
  readonly file?: string;
  readonly environment?: Record<string, string>;
  readonly flags?: Record<string, string | readonly string[]>;
}

function load(given: Given): LoadedConfig {
  if (given.file !== undefined) writeFileSync(join(directory, 'ward.yaml'), given.file);
  const flags: FlagSettings = new Map(
    Object.entries(given.flags ?? {}).map(([path, value]) => [path, { flag: `--${path}`, value }]),
  );
  return loadConfig({
    file: undefined,
    environment: given.environment ?? {},
    flags,
    workingDirectory: directory,
  });
}

function problemsOf(given: Given): string[] {
  try {
    load(given);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
  throw new Error('expected the configuration to be refused');
}

describe('precedence', () => {
  it('runs on flags alone', () => {
    const { config, file } = load({ flags: { 'upstream.url': 'http://127.0.0.1:3000', listen: ':9000' } });
    expect(config.listen).toEqual({ host: '0.0.0.0', port: 9000 });
    expect(config.upstream.address).toMatchObject({ scheme: 'http', host: '127.0.0.1', port: 3000 });
    expect(file).toBeUndefined();
  });

  it('prefers flag over environment over file over default', () => {
    const file = `${UPSTREAM}listen: 127.0.0.1:1\nlistener: node\nprofile: a\ndrain_timeout: 1s\n`;
    const environment = { WARD_LISTEN: '127.0.0.1:2', WARD_LISTENER: 'uws' };
    const { config, effective } = load({ file, environment, flags: { listen: '127.0.0.1:3' } });
    expect(config.listen.port).toBe(3);
    expect(config.listener).toBe('uws');
    expect(config.profile).toBe('a');
    expect(config.drainMs).toBe(1_000);
    const sources = Object.fromEntries(effective.map(({ path, source }) => [path.join('.'), source]));
    expect(sources).toMatchObject({
      listen: '--listen',
      listener: 'WARD_LISTENER',
      profile: 'ward.yaml:5:1',
      'upstream.url': 'ward.yaml:2:3',
      'admin.listen': 'default',
    });
  });

  it('resolves paths of the file against the file and those of flags against the working directory', () => {
    expect(load({ file: `${UPSTREAM}rules: [a.ward]\n` }).config.rules).toEqual([join(directory, 'a.ward')]);
    expect(load({ flags: { rules: ['b/*.ward'] } }).config.rules).toEqual([join(directory, 'b/*.ward')]);
  });

  it('reads sources of SecLang as texts with a prefix', () => {
    const file = `${UPSTREAM}rules: [a.ward, { seclang: crs }, { seclang: /own, lenient: true }]\n`;
    expect(load({ file }).config.rules).toEqual([
      join(directory, 'a.ward'),
      `seclang:${join(directory, 'crs')}`,
      'seclang-lenient:/own',
    ]);
    expect(load({ flags: { rules: ['seclang:crs'] } }).config.rules).toEqual([
      `seclang:${join(directory, 'crs')}`,
    ]);
    expect(() => load({ file: `${UPSTREAM}rules: [{ lenient: true }]\n` })).toThrow('{ seclang: DIR');
  });

  it('cannot be changed afterwards', () => {
    const { config } = load({ file: UPSTREAM });
    expect(Object.isFrozen(config) && Object.isFrozen(config.upstream.address)).toBe(true);
  });
});

describe('the environment', () => {
  const base = { WARD_UPSTREAM_URL: 'unix:/run/app.sock' };

  it('reads lists, numbers, switches and YAML', () => {
    const { config } = load({
      environment: {
        ...base,
        WARD_HOSTS: 'A.example, *.b.example',
        WARD_WORKERS: '3',
        WARD_ADMIN_ENABLED: 'false',
        WARD_FIELD_NAMES: '{ allow: [x_custom] }',
        WARD_LIMITS_HEAD: '16KiB',
      },
    });
    expect(config.hosts).toEqual(['a.example', '*.b.example']);
    expect(config.workers).toBe(3);
    expect(config.admin).toBeUndefined();
    expect(config.fieldNames).toEqual({ allow: ['x_custom'] });
    expect(config.limits.headBytesMax).toBe(16_384);
    expect(config.upstream.address.socketPath).toBe('/run/app.sock');
  });

  it('refuses an unknown variable with the nearest name', () => {
    expect(problemsOf({ environment: { ...base, WARD_LISTNER: 'node' } })).toEqual([
      'WARD_LISTNER: no such setting (did you mean "WARD_LISTENER"?)',
    ]);
  });

  it('takes the links an orchestrator sets for a service named ward for what they are', () => {
    const links = {
      WARD_PORT: 'tcp://10.0.0.1:80',
      WARD_SERVICE_HOST: '10.0.0.1',
      WARD_PORT_80_TCP_ADDR: '1',
    };
    expect(load({ environment: { ...base, ...links } }).config.listen.port).toBe(8080);
  });
});

describe('refusals', () => {
  it.each([
    ['lisen: :80', 'ward.yaml:3:1: unknown key "lisen" (did you mean "listen"?)'],
    ['admin: { lsten: x }', 'ward.yaml:3:10: unknown key "lsten" (did you mean "listen"?)'],
    ['zzzzzz: 1', 'ward.yaml:3:1: unknown key "zzzzzz" (known here: listen,'],
    ['workers: many', 'ward.yaml:3:1: workers: expected auto or a whole number from 1 to 64, found "many"'],
    ['workers: 65', 'ward.yaml:3:1: workers: expected auto or a whole number from 1 to 64, found 65'],
    ['listen: nowhere', 'ward.yaml:3:1: listen: expected an address such as'],
    ['listen: 127.0.0.1:65536', 'ward.yaml:3:1: listen: expected an address such as'],
    [
      'drain_timeout: 10',
      'ward.yaml:3:1: drain_timeout: expected a duration such as 250ms, 10s or 5m, found 10',
    ],
    ['trusted_proxies: [10.0.0.0/33]', 'ward.yaml:3:1: trusted_proxies: expected a list of networks'],
    ['limits:', 'ward.yaml:3:1: limits: expected a group of settings, found null'],
    ['field_names: keep', 'ward.yaml:3:1: field_names: expected drop, refuse or { allow: [field names] }'],
    [
      'overload: { keep: [healthz] }',
      'ward.yaml:3:13: overload.keep: expected a list of paths such as /healthz',
    ],
    ['overload: { keep: [/healthz?full] }', 'overload.keep: expected a list of paths'],
    ['overload: { retry_after: 2 }', 'overload.retry_after: expected a duration'],
    ['secrets: { a: { env: A, file: b } }', 'ward.yaml:3:1: secrets: expected a map of names to'],
    ['tls: { key: a.pem }', 'tls: tls.cert is missing (TLS needs both key and cert)'],
    ['origins: [app.example.com]', 'ward.yaml:3:1: origins: expected a list of origins'],
    ['listen: 127.0.0.1:9901', 'listen: clients and admin server have the same address'],
    ['hosts: [a.example:80]', 'ward.yaml:3:1: hosts: expected a list of host names'],
    ['workers: 2\nlistener: node', 'workers: the listener node has one worker'],
    ['listen: [', 'ward.yaml:'],
    ['hosts: &a [*a]', 'ward.yaml:3:12: aliases are not accepted'],
    ['- listen', 'ward.yaml:'],
  ])('refuses %j', (line, expected) => {
    expect(problemsOf({ file: `${UPSTREAM}${line}\n` })[0]).toContain(expected);
  });

  it('names every problem at once', () => {
    const file = 'listen: x\nadmim: 1\nworkers: 0\n';
    expect(problemsOf({ file, environment: { WARD_NO: '1' } })).toHaveLength(4);
  });

  it.each(['http://h/path', 'ftp://h', 'http://u:p@h', 'unix:relative', 'h:80'])(
    'refuses the upstream %s',
    (url) => {
      expect(problemsOf({ flags: { 'upstream.url': url } })[0]).toContain(
        '--upstream.url: upstream.url: expected a URL',
      );
    },
  );

  it.each([
    [
      { url: 'https://a', tls: { key: 'a' } },
      "cert is missing (Ward's own certificate needs both cert and key)",
    ],
    [
      { url: 'https://a', tls: { passphrase: { env: 'P' } } },
      'passphrase has no effect (it opens the file of key: give that)',
    ],
    [
      { url: 'http://a', tls: { cert: 'a', key: 'b' } },
      'cert has no effect (nobody is shown a certificate without TLS: give upstream.url with https)',
    ],
  ])('refuses the upstream %j', (upstream, expected) => {
    const file = JSON.stringify({ upstream });
    expect(problemsOf({ file })[0]).toContain(`upstream.tls: upstream.tls.${expected}`);
  });

  it('asks for the upstream', () => {
    expect(problemsOf({ file: 'listen: :80\n' })[0]).toContain('--upstream http://127.0.0.1:3000');
  });

  it('says so when the file named is not there', () => {
    const request = { environment: {}, flags: new Map(), workingDirectory: directory, file: 'other.yaml' };
    expect(() => loadConfig(request)).toThrow('other.yaml: cannot be read: it does not exist (`ward init` writes one)');
  });

  it('survives keys that mean something to JavaScript', () => {
    expect(problemsOf({ file: `${UPSTREAM}__proto__: { listen: x }\nconstructor: 1\n` })[0]).toContain(
      'unknown key',
    );
    expect(({} as Record<string, unknown>).listen).toBeUndefined();
  });
});

describe('secrets', () => {
  it('come from the environment and from files', () => {
    writeFileSync(join(directory, 'key'), 'from a file\n');
    const file = `${UPSTREAM}secrets: { a: { env: KEY_A }, b: { file: key } }\n`;
    const secrets = resolveSecrets(load({ file }).config.secrets, { KEY_A: 'from env' });
    expect([...secrets]).toEqual([
      ['a', 'from env'],
      ['b', 'from a file'],
    ]);
  });

  it('are refused when missing or empty', () => {
    expect(() => resolveSecrets({ a: { env: 'NOPE' }, b: { file: '/nonexistent' } }, { NOPE: '' })).toThrow(
      /secrets\.a: environment variable NOPE is missing or empty.*\n.*secrets\.b: file \/nonexistent is missing/,
    );
  });
});

describe('ward config print', () => {
  it('prints what reads back as the same configuration', () => {
    const first = load({
      file: `${UPSTREAM}hosts: [a.example]\nsecrets: { a: { env: B } }\nmode: monitor\n`,
    });
    const printed = renderEffective(first.effective);
    expect(printed).toContain('hosts: ["a.example"]  # ward.yaml:3:1');
    expect(load({ file: printed }).config).toEqual(first.config);
  });
});
