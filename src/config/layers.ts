/**
 * The places settings come from, each as one tree with a way to say where in it a value stands: the file, the
 * environment, the command line. Nothing is checked here but what cannot be read at all.
 */
import { LineCounter, isMap, isScalar, parse, parseDocument, visit } from 'yaml';
import type { Document } from 'yaml';
import { CONFIG_BYTES_MAX } from '../core/limits.ts';
import type { ConfigProblem } from './problem.ts';
import { nearest } from './problem.ts';
import { SETTINGS } from './schema.ts';
import { environmentName, leavesOf } from './setting.ts';
import type { Setting, SettingLeaf, SettingPath, SettingSchema } from './setting.ts';

/** A nested tree of settings; only what the place gives. */
export type SettingTree = { [key: string]: Setting | SettingTree };

export interface Layer {
  readonly name: 'role' | 'file' | 'environment' | 'flag';
  readonly tree: SettingTree;
  /** Where a setting stands, as an operator would say it: `ward.yaml:3:9`, `WARD_LISTEN`, `--listen`. */
  locate(path: SettingPath): string;
}

export interface LayerResult {
  readonly layer: Layer;
  readonly problems: readonly ConfigProblem[];
}

/** The command line's part: flag name (`--listen`) and value by dotted path. */
export type FlagSettings = ReadonlyMap<string, { readonly flag: string; readonly value: Setting }>;

/** Variables that orchestrators set for a service named "ward"; they are none of ours. */
const SERVICE_LINK = /^WARD_(?:SERVICE_(?:HOST|PORT(?:_\w+)?)|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_\w+)?)?)$/;

const LEAVES = leavesOf(SETTINGS);

/** Reads YAML text. A text that is no YAML, or no map, gives problems and an empty tree. */
export function fileLayer(fileName: string, source: string): LayerResult {
  const lines = new LineCounter();
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${fileName}:${line}:${col}`;
  };
  if (source.length > CONFIG_BYTES_MAX) {
    const message = `the file is larger than ${CONFIG_BYTES_MAX} bytes`;
    return { layer: emptyLayer('file', fileName), problems: [{ where: fileName, message, hint: undefined }] };
  }
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => ({
      where: place(error.pos[0]),
      message: error.message.split('\n')[0],
      hint: 'this is not valid YAML; nothing of the file was used',
    }));
    return { layer: emptyLayer('file', fileName), problems };
  }
  const refused = refuseShape(document, fileName, place);
  if (refused !== undefined) return { layer: emptyLayer('file', fileName), problems: [refused] };
  const tree = (document.toJS() ?? {}) as SettingTree;
  return {
    layer: { name: 'file', tree, locate: (path) => place(offsetOf(document, path)) },
    problems: [],
  };
}

/** Valid YAML that is no configuration: not a map, or with aliases, which can be circular and grow without bound. */
function refuseShape(
  document: Document,
  fileName: string,
  place: (offset: number) => string,
): ConfigProblem | undefined {
  if (document.contents !== null && !isMap(document.contents)) {
    const hint = 'a configuration begins like `listen: 127.0.0.1:8080`';
    return { where: `${fileName}:1:1`, message: 'expected settings, one `key: value` a line', hint };
  }
  let alias: number | undefined;
  visit(document, {
    Alias: (_key, node) => {
      alias = node.range?.[0] ?? 0;
      return visit.BREAK;
    },
  });
  if (alias === undefined) return undefined;
  return { where: place(alias), message: 'aliases are not accepted', hint: 'write the value out' };
}

/** Offset of the key of the deepest part of a path that is there. */
function offsetOf(document: Document, path: SettingPath): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const word of path) {
    if (!isMap(node)) break;
    const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === word);
    if (pair === undefined) break;
    if (isScalar(pair.key) && pair.key.range) offset = pair.key.range[0];
    node = pair.value;
  }
  return offset;
}

/** Reads the `WARD_…` variables. An unknown one is a problem, as a misspelt key of the file is. */
export function environmentLayer(environment: Readonly<Record<string, string | undefined>>): LayerResult {
  const leafByName = new Map(LEAVES.map((leaf) => [environmentName(leaf.path), leaf]));
  const tree: SettingTree = {};
  const problems: ConfigProblem[] = [];
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith('WARD_') || text === undefined || SERVICE_LINK.test(name)) continue;
    const leaf = leafByName.get(name);
    if (leaf !== undefined) place(tree, leaf.path, settingFromText(leaf, text));
    else problems.push({ where: name, message: 'no such setting', hint: nearest(name, leafByName.keys()) });
  }
  return { layer: { name: 'environment', tree, locate: environmentName }, problems };
}

/** The command line's settings as a layer. */
export function flagLayer(flags: FlagSettings): Layer {
  const tree: SettingTree = {};
  for (const [path, { value }] of flags) {
    const leaf = LEAVES.find((candidate) => candidate.path.join('.') === path);
    const converted = leaf !== undefined && typeof value === 'string' ? settingFromText(leaf, value) : value;
    place(tree, path.split('.'), converted);
  }
  return { name: 'flag', tree, locate: (path) => flags.get(path.join('.'))?.flag ?? 'command line' };
}

function emptyLayer(name: Layer['name'], place: string): Layer {
  return { name, tree: {}, locate: () => place };
}

/**
 * A setting from one line of text: commas make a list, `[…]` and `{…}` are YAML. Text that does not fit is handed on
 * as it is, for the validator to refuse.
 */
function settingFromText(leaf: SettingLeaf, text: string): Setting {
  const { schema } = leaf;
  if (/^\s*[[{]/.test(text) && schema.type !== 'string') return yamlOrText(text);
  if (schema.type === 'array') return text === '' ? [] : text.split(',').map((part) => part.trim());
  if (accepts(schema, 'boolean') && /^(?:true|false)$/.test(text)) return text === 'true';
  if (accepts(schema, 'integer') && /^\d{1,15}$/.test(text)) return Number(text);
  return text;
}

function yamlOrText(text: string): Setting {
  try {
    return parse(text, { maxAliasCount: 0 }) as Setting;
  } catch {
    return text;
  }
}

function accepts(schema: SettingSchema, type: SettingSchema['type']): boolean {
  return schema.type === type || (schema.anyOf?.some((option) => option.type === type) ?? false);
}

function place(tree: SettingTree, path: SettingPath, value: Setting): void {
  let at = tree;
  for (const word of path.slice(0, -1)) at = (at[word] ??= {}) as SettingTree;
  at[path[path.length - 1]] = value;
}
