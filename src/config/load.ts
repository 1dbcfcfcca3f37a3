/**
 * Reads the whole configuration. Precedence: command line, environment, file, role, defaults; each setting comes whole
 * from the highest place that gives it, and the result remembers from which.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, relative, resolve } from 'node:path';
import { fileFault } from '../core/file-fault.ts';
import { WORKERS_MAX } from '../core/limits.ts';
import { authorizerMistake } from './authorizer-config.ts';
import type { Config } from './config.ts';
import { toConfig } from './config.ts';
import { environmentLayer, fileLayer, flagLayer } from './layers.ts';
import type { FlagSettings, Layer, SettingTree } from './layers.ts';
import { egressMistake } from './egress-config.ts';
import { jwtMistake } from './jwt-config.ts';
import { ConfigError } from './problem.ts';
import type { ConfigProblem } from './problem.ts';
import { roleLayer } from './roles.ts';
import { SETTINGS } from './schema.ts';
import { leavesOf } from './setting.ts';
import type { Setting, SettingPath } from './setting.ts';
import { tlsClientMistake } from './tls-client.ts';
import { tlsMistake } from './tls-config.ts';
import { validateLayer } from './validate.ts';

/** The file that is read when none is named and it is there. */
const CONFIG_FILE_DEFAULT = 'ward.yaml';

export interface ConfigRequest {
  /** `--config`; must exist. `undefined`: `ward.yaml` of the working directory, if it is there. */
  readonly file: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly flags: FlagSettings;
  readonly workingDirectory: string;
}

/** One setting as it is in force. */
export interface EffectiveSetting {
  readonly path: SettingPath;
  /** `undefined`: not set, and without a default. */
  readonly value: Setting | undefined;
  /** `default`, `role api`, or where it was given: `ward.yaml:3:1`, `WARD_LISTEN`, `--listen`. */
  readonly source: string;
}

export interface LoadedConfig {
  readonly config: Config;
  readonly effective: readonly EffectiveSetting[];
  /** The file that was read, absolute. */
  readonly file: string | undefined;
}

/** @throws ConfigError with every problem of every place, not the first alone. */
export function loadConfig(request: ConfigRequest): LoadedConfig {
  const { effective, origins, file, problems } = gather(request);
  const values = new Map(effective.map((setting) => [setting.path.join('.'), setting.value]));
  const crossProblems = problems.length > 0 ? [] : checkTogether(values, origins);
  const all = [...problems, ...crossProblems];
  if (all.length > 0) throw new ConfigError(all);
  const base = file === undefined ? request.workingDirectory : dirname(file);
  const resolvePath = (path: string, settingPath: string): string => {
    if (path.startsWith('ward:')) return path;
    const [prefix] = /^seclang(?:-lenient)?:/.exec(path) ?? [''];
    const from = origins.get(settingPath) === 'file' ? base : request.workingDirectory;
    return prefix + resolve(from, path.slice(prefix.length));
  };
  const processors = Math.min(availableParallelism(), WORKERS_MAX);
  return { config: toConfig(values, resolvePath, processors), effective, file };
}

/** Every setting with its value and source. Problems of the places are returned, not thrown. */
function gather(request: ConfigRequest): {
  effective: readonly EffectiveSetting[];
  origins: ReadonlyMap<string, Layer['name']>;
  file: string | undefined;
  problems: readonly ConfigProblem[];
} {
  const problems: ConfigProblem[] = [];
  const layers: Layer[] = [flagLayer(request.flags)];
  const environment = environmentLayer(request.environment);
  layers.push(environment.layer);
  problems.push(...environment.problems);
  const found = readConfigFile(request);
  if (found !== undefined) {
    const parsed = fileLayer(found.shown, found.text);
    layers.push(parsed.layer);
    problems.push(...parsed.problems);
  }
  for (const layer of layers) problems.push(...validateLayer(layer));
  const role = roleLayer(firstValue(layers, ['role']));
  if (role !== undefined) layers.push(role);

  const origins = new Map<string, Layer['name']>();
  const effective = leavesOf(SETTINGS).map(({ path, schema }): EffectiveSetting => {
    const layer = layers.find((candidate) => valueAt(candidate.tree, path) !== undefined);
    if (layer === undefined) return { path, value: schema.default, source: 'default' };
    origins.set(path.join('.'), layer.name);
    return { path, value: valueAt(layer.tree, path), source: layer.locate(path) };
  });
  return { effective, origins, file: found?.path, problems };
}

function readConfigFile(request: ConfigRequest): { path: string; shown: string; text: string } | undefined {
  const path = resolve(request.workingDirectory, request.file ?? CONFIG_FILE_DEFAULT);
  const shown = request.file ?? relative(request.workingDirectory, path);
  try {
    return { path, shown, text: readFileSync(path, 'utf8') };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (request.file === undefined && code === 'ENOENT') return undefined;
    const hint = code === 'ENOENT' ? '`ward init` writes one' : undefined;
    throw new ConfigError([{ where: shown, message: `cannot be read: ${fileFault(error)}`, hint }]);
  }
}

/** What no single setting can be wrong about. */
function checkTogether(
  values: ReadonlyMap<string, Setting | undefined>,
  origins: ReadonlyMap<string, Layer['name']>,
): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  if (values.get('upstream.url') === undefined) {
    problems.push({
      where: 'upstream.url',
      message: 'no service to stand in front of',
      hint: 'give --upstream http://127.0.0.1:3000, WARD_UPSTREAM_URL, or upstream.url in ward.yaml',
    });
  }
  const tls = tlsMistake(values);
  if (tls !== undefined) problems.push(tls);
  const identity = tlsClientMistake('upstream.tls', {
    cert: values.get('upstream.tls.cert'),
    key: values.get('upstream.tls.key'),
    passphrase: values.get('upstream.tls.passphrase'),
  });
  if (identity !== undefined) problems.push(identity);
  const url = values.get('upstream.url');
  if (values.get('upstream.tls.cert') !== undefined && typeof url === 'string' && !url.startsWith('https:')) {
    const hint = 'nobody is shown a certificate without TLS: give upstream.url with https';
    problems.push({ where: 'upstream.tls', message: 'upstream.tls.cert has no effect', hint });
  }
  const egress = egressMistake(values);
  if (egress !== undefined) problems.push(egress);
  const jwt = jwtMistake(values);
  if (jwt !== undefined) problems.push(jwt);
  const authorizer = authorizerMistake(values);
  if (authorizer !== undefined) problems.push(authorizer);
  const workers = values.get('workers');
  if (values.get('listener') === 'node' && typeof workers === 'number' && workers > 1) {
    // `reusePort` of net.Server.listen, by which threads could share the port, came with Node 22.12; Ward runs on 20.
    const hint =
      'threads of node:http cannot share a port on every Node that Ward supports; leave workers out, or use the listener uws';
    problems.push({ where: 'workers', message: 'the listener node has one worker', hint });
  }
  const listen = values.get('listen') as string;
  const sharesPort = values.get('admin.listen') === listen && !listen.endsWith(':0'); // 0: each gets a free one
  if (values.get('admin.enabled') === true && sharesPort) {
    const where = origins.has('admin.listen') ? 'admin.listen' : 'listen';
    problems.push({ where, message: 'clients and admin server have the same address', hint: undefined });
  }
  return problems;
}

/** Of the highest place that gives the setting. */
function firstValue(layers: readonly Layer[], path: SettingPath): Setting | undefined {
  return layers.map(({ tree }) => valueAt(tree, path)).find((value) => value !== undefined);
}

function valueAt(tree: SettingTree, path: SettingPath): Setting | undefined {
  let at: Setting | SettingTree | undefined = tree;
  for (const word of path) {
    if (typeof at !== 'object' || at === null || Array.isArray(at)) return undefined;
    at = Object.hasOwn(at, word) ? (at as SettingTree)[word] : undefined;
  }
  return at as Setting | undefined;
}
