/** What is published about the settings: the JSON Schema for editors, the reference page, and the effective values. */
import { stringify } from 'yaml';
import type { EffectiveSetting } from './load.ts';
import { SETTINGS } from './schema.ts';
import { environmentName, leavesOf } from './setting.ts';
import type { Setting, SettingLeaf } from './setting.ts';

/** `docs/reference/ward.schema.json`. */
export function renderJsonSchema(): string {
  const head = { $schema: 'http://json-schema.org/draft-07/schema#', title: 'ward.yaml' };
  return `${JSON.stringify({ ...head, ...SETTINGS }, null, 2)}\n`;
}

/** `docs/reference/configuration.md`. */
export function renderConfigurationPage(): string {
  return [
    '# Configuration',
    '',
    'Made from `src/config/schema.ts`; do not edit. A setting comes from the command line, else from its environment',
    'variable, else from `ward.yaml`, else from its `role`, else from its default. `ward config print` shows the result and where',
    'each value came from. Unknown keys, unknown `WARD_…` variables and values of the wrong form are errors.',
    '',
    'The variable of a setting is `WARD_`, then its path in capitals with `_` for each dot. Lists are written with commas',
    '(`WARD_HOSTS=a.example,b.example`); lists and maps also as YAML (`[a, b]`, `{ allow: [x] }`). Sizes: `512B`, `32KiB`,',
    '`1MiB`. Durations: `250ms`, `10s`, `5m`. Relative paths in the file are relative to the file.',
    '',
    ...leavesOf(SETTINGS).flatMap(renderLeaf),
  ].join('\n');
}

function renderLeaf({ path, schema }: SettingLeaf): string[] {
  const fallback = schema.default === undefined ? 'not set' : `\`${JSON.stringify(schema.default)}\``;
  return [
    `## \`${path.join('.')}\``,
    '',
    schema.description ?? '',
    '',
    `Expects ${schema['x-expects'] ?? 'a value'}. Default: ${fallback}. Variable: \`${environmentName(path)}\`.`,
    '',
  ];
}

/** The effective settings as YAML that `ward run --config` would read, each with its source as a comment. */
export function renderEffective(effective: readonly EffectiveSetting[]): string {
  const lines: string[] = [];
  let open: readonly string[] = [];
  for (const { path, value, source } of effective) {
    const groups = path.slice(0, -1);
    groups.forEach((word, depth) => {
      const here = groups.slice(0, depth + 1);
      if (open.slice(0, depth + 1).join('.') === here.join('.')) return;
      lines.push(`${'  '.repeat(depth)}${hasValue(effective, here) ? '' : '# '}${word}:`);
    });
    open = groups;
    const indent = '  '.repeat(groups.length);
    const key = path[path.length - 1];
    if (value === undefined) lines.push(`${indent}# ${key}: not set`);
    else lines.push(`${indent}${key}: ${flow(shownValue(value))}  # ${source}`);
  }
  return `${lines.join('\n')}\n`;
}

/** A value as it may be shown: an address without its login. */
export function shownValue(value: Setting): Setting {
  if (typeof value !== 'string') return value;
  const [, scheme, rest] = /^([a-z][a-z0-9+.-]*:\/\/)(.*)$/is.exec(value) ?? [];
  const at = rest?.lastIndexOf('@') ?? -1;
  return rest === undefined || at < 0 ? value : `${scheme ?? ''}(hidden)${rest.slice(at)}`;
}

function hasValue(effective: readonly EffectiveSetting[], group: readonly string[]): boolean {
  return effective.some(
    ({ path, value }) => value !== undefined && group.every((word, depth) => path[depth] === word),
  );
}

/** A value on one line. */
function flow(value: Setting): string {
  if (typeof value !== 'object') return stringify(value, { lineWidth: 0 }).trimEnd();
  return JSON.stringify(value);
}
