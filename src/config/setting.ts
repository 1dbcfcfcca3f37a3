/**
 * The vocabulary of the settings schema: a small subset of JSON Schema (draft 7) and the builders that write it.
 *
 * One tree (schema.ts) is the validator's schema, the published `ward.schema.json`, the list of environment
 * variables and the source of defaults, so that none of them can drift from another.
 */

/** A value as YAML and JSON know it. */
export type Setting =
  | string
  | number
  | boolean
  | null
  | readonly Setting[]
  | { readonly [key: string]: Setting };

/** What this program uses of JSON Schema. A node with `properties` is a group; every other node is one setting. */
export interface SettingSchema {
  readonly type?: 'string' | 'integer' | 'boolean' | 'array' | 'object';
  readonly description?: string;
  readonly default?: Setting;
  readonly enum?: readonly Setting[];
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly required?: readonly string[];
  readonly maxItems?: number;
  readonly items?: SettingSchema;
  readonly properties?: Readonly<Record<string, SettingSchema>>;
  readonly additionalProperties?: boolean | SettingSchema;
  readonly anyOf?: readonly SettingSchema[];
  /** What a valid value looks like, in words; the whole of an error message about this setting. */
  readonly 'x-expects'?: string;
}

/** Joins the words of a path: `upstream`, `url` → `upstream.url`. */
export type SettingPath = readonly string[];

/** One setting with its place in the tree. */
export interface SettingLeaf {
  readonly path: SettingPath;
  readonly schema: SettingSchema;
}

/** A group of settings; unknown keys in it are refused. */
export function group(description: string, properties: Record<string, SettingSchema>): SettingSchema {
  return { type: 'object', description, properties, additionalProperties: false };
}

/** Free text, or text of a named format (formats.ts). */
export function text(
  description: string,
  expects: string,
  more: { format?: string; default?: string } = {},
): SettingSchema {
  return { type: 'string', description, 'x-expects': expects, ...more };
}

/** One of a few words. */
export function choice(description: string, values: readonly string[], fallback?: string): SettingSchema {
  const expects = `one of ${values.join(', ')}`;
  const base = { type: 'string' as const, description, enum: values, 'x-expects': expects };
  return fallback === undefined ? base : { ...base, default: fallback };
}

/** A switch. */
export function flag(description: string, fallback: boolean): SettingSchema {
  return { type: 'boolean', description, default: fallback, 'x-expects': 'true or false' };
}

/** A whole number. */
export function whole(
  description: string,
  minimum: number,
  maximum: number,
  fallback: number,
): SettingSchema {
  const expects = `a whole number from ${minimum} to ${maximum}`;
  return { type: 'integer', description, minimum, maximum, default: fallback, 'x-expects': expects };
}

/** A length of time such as `10s`. */
export function duration(description: string, fallback: string): SettingSchema {
  return text(description, 'a duration such as 250ms, 10s or 5m', { format: 'duration', default: fallback });
}

/** A number of bytes such as `32KiB`. */
export function size(description: string, fallback: string): SettingSchema {
  return text(description, 'a size such as 512B, 32KiB or 1MiB', { format: 'size', default: fallback });
}

/** A list of texts of one format. `maxItems` bounds what a file may ask for. */
export function list(description: string, expects: string, maxItems: number, format?: string): SettingSchema {
  const items: SettingSchema = format === undefined ? { type: 'string' } : { type: 'string', format };
  return { type: 'array', description, items, maxItems, default: [], 'x-expects': expects };
}

/** All settings of a tree, in the order written. */
export function leavesOf(schema: SettingSchema, path: SettingPath = []): readonly SettingLeaf[] {
  if (schema.properties === undefined) return [{ path, schema }];
  return Object.entries(schema.properties).flatMap(([key, child]) => leavesOf(child, [...path, key]));
}

/** `upstream.url` → `WARD_UPSTREAM_URL`. The rule has no exception. */
export function environmentName(path: SettingPath): string {
  return `WARD_${path.join('_').toUpperCase()}`;
}
