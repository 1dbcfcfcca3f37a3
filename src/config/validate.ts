/**
 * Holds one layer of settings against the schema. The validator's errors become one problem for each setting that
 * is wrong, in the words of the setting itself.
 */
import { Ajv } from 'ajv';
import type { ErrorObject } from 'ajv';
import { FORMATS } from './formats.ts';
import type { Layer } from './layers.ts';
import type { ConfigProblem } from './problem.ts';
import { nearest } from './problem.ts';
import { SETTINGS } from './schema.ts';
import type { SettingSchema } from './setting.ts';

const FOUND_CHARS_MAX = 60;

const ajv = new Ajv({ allErrors: true, verbose: true, strict: true, allowUnionTypes: true });
ajv.addKeyword('x-expects');
for (const [name, validate] of Object.entries(FORMATS)) ajv.addFormat(name, validate);
const validateSettings = ajv.compile(SETTINGS);

/** Problems of a layer; none if everything it gives is known and well formed. */
export function validateLayer(layer: Layer): readonly ConfigProblem[] {
  if (validateSettings(layer.tree)) return [];
  const byPath = new Map<string, ConfigProblem>();
  for (const error of validateSettings.errors ?? []) {
    const { key, problem } = toProblem(layer, error);
    if (!byPath.has(key)) byPath.set(key, problem);
  }
  return [...byPath.values()];
}

function toProblem(layer: Layer, error: ErrorObject): { key: string; problem: ConfigProblem } {
  const words = error.instancePath.split('/').slice(1).map(unescapePointer);
  const { schema, depth } = settingAt(words);
  const path = words.slice(0, depth);
  if (error.keyword === 'additionalProperties' && schema.properties !== undefined && depth === words.length) {
    const unknown = String((error.params as { additionalProperty: unknown }).additionalProperty);
    const where = layer.locate([...path, unknown]);
    const hint = nearest(unknown, Object.keys(schema.properties));
    const known = `known here: ${Object.keys(schema.properties).join(', ')}`;
    const problem = { where, message: `unknown key "${unknown}"`, hint: hint ?? known };
    return { key: [...path, unknown].join('.'), problem };
  }
  const expects = schema['x-expects'] ?? 'a group of settings';
  const found = show(valueAt(layer.tree, path));
  const message = `${path.join('.')}: expected ${expects}, found ${found}`;
  return { key: path.join('.'), problem: { where: layer.locate(path), message, hint: undefined } };
}

/** The group or setting a path of words leads to; `depth` words of the path lead there, the rest is inside a setting. */
function settingAt(words: readonly string[]): { schema: SettingSchema; depth: number } {
  let schema = SETTINGS;
  let depth = 0;
  for (const word of words) {
    const next = schema.properties?.[word];
    if (next === undefined) break;
    schema = next;
    depth++;
  }
  return { schema, depth };
}

function valueAt(tree: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, word) =>
      typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[word] : value,
    tree,
  );
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > FOUND_CHARS_MAX ? `${text.slice(0, FOUND_CHARS_MAX)}…` : text;
}

/** RFC 6901 §4. */
function unescapePointer(word: string): string {
  return word.replaceAll('~1', '/').replaceAll('~0', '~');
}
