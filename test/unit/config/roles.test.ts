/** Roles: valid settings, below everything that is given, shown with their name. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import type { LoadedConfig } from '../../../src/config/load.ts';
import { renderEffective } from '../../../src/config/reference.ts';
import { ROLES, roleLayer } from '../../../src/config/roles.ts';
import { SETTINGS } from '../../../src/config/schema.ts';
import { leavesOf } from '../../../src/config/setting.ts';
import { ROLE_NAMES } from '../../../src/config/settings/role.ts';
import { validateLayer } from '../../../src/config/validate.ts';

const UPSTREAM = 'upstream:\n  url: http://127.0.0.1:3000\n';
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ward-roles-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

function load(file: string, flags: Record<string, string> = {}, environment = {}): LoadedConfig {
  writeFileSync(join(directory, 'ward.yaml'), UPSTREAM + file);
  return loadConfig({
    file: undefined,
    environment,
    flags: new Map(Object.entries(flags).map(([path, value]) => [path, { flag: `--${path}`, value }])),
    workingDirectory: directory,
  });
}

function settingOf(
  { effective }: LoadedConfig,
  name: string,
): { value: unknown; source: string } | undefined {
  const found = effective.find(({ path }) => path.join('.') === name);
  return found && { value: found.value, source: found.source };
}

describe.each(ROLE_NAMES)('role %s', (name) => {
  it('is valid, and a whole configuration comes of it', () => {
    const layer = roleLayer(name);
    if (layer === undefined) throw new Error(name);
    expect(validateLayer(layer)).toEqual([]);
    expect(load(`role: ${name}\n`).config.listen.port).toBe(8080);
  });

  it('changes defaults, names no role and is named as their source', () => {
    const loaded = load(`role: ${name}\n`);
    const ofRole = loaded.effective.filter(({ source }) => source === `role ${name}`);
    expect(ofRole.length).toBeGreaterThan(2);
    expect(ROLES[name]).not.toHaveProperty('role');
    const defaults = new Map(leavesOf(SETTINGS).map(({ path, schema }) => [path.join('.'), schema.default]));
    // `redirect` is said for the reader although it is the default.
    const repeated = ofRole.filter(
      ({ path, value }) => JSON.stringify(value) === JSON.stringify(defaults.get(path.join('.'))),
    );
    expect(repeated.map(({ path }) => path.join('.')).filter((path) => path !== 'https.plain')).toEqual([]);
  });
});

describe('precedence', () => {
  it('puts file, environment and flags above the role, setting by setting', () => {
    const environment = { WARD_LIMITS_HEADER_COUNT: '80' };
    const loaded = load('role: api\nlimits: { target: 6KiB }\n', { field_names: 'drop' }, environment);
    expect(settingOf(loaded, 'limits.target')).toEqual({ value: '6KiB', source: 'ward.yaml:4:11' });
    expect(settingOf(loaded, 'limits.header_count')).toEqual({
      value: 80,
      source: 'WARD_LIMITS_HEADER_COUNT',
    });
    expect(settingOf(loaded, 'field_names')).toEqual({ value: 'drop', source: '--field_names' });
    expect(settingOf(loaded, 'limits.websocket_message')).toEqual({ value: '256KiB', source: 'role api' });
    expect(settingOf(loaded, 'limits.head')?.source).toBe('default');
    expect(loaded.config.limits.targetBytesMax).toBe(6 * 1_024);
  });

  it('takes the role itself from the highest place', () => {
    const loaded = load('role: api\n', { role: 'web' }, { WARD_ROLE: 'internal' });
    expect(settingOf(loaded, 'role')).toEqual({ value: 'web', source: '--role' });
    expect(settingOf(loaded, 'https.hsts_max_age')?.source).toBe('role web');
    expect(settingOf(load('', {}, { WARD_ROLE: 'internal' }), 'limits.in_flight_per_client')).toEqual({
      value: 0,
      source: 'role internal',
    });
  });

  it('is nothing without a role', () => {
    const { effective } = load('');
    expect(effective.filter(({ source }) => source.startsWith('role'))).toEqual([]);
  });
});

it('is printed as settings that can be read again', () => {
  const printed = renderEffective(load('role: webhook-receiver\n').effective);
  expect(printed).toContain('role: webhook-receiver  # ward.yaml:3:1');
  expect(printed).toContain('target: 2KiB  # role webhook-receiver');
});

it.each([
  [
    'role: apii\n',
    {},
    'ward.yaml:3:1: role: expected one of api, web, internal, webhook-receiver, found "apii"',
  ],
  ['', { role: 'constructor' }, '--role: role: expected one of api, web, internal, webhook-receiver'],
  ['role: [api]\n', {}, 'ward.yaml:3:1: role: expected one of api, web'],
])('refuses an unknown role, %j %j', (file, flags, message) => {
  expect(() => load(file, flags)).toThrow(message);
});
