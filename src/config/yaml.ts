/** YAML as plain data, for files that are no configuration: corpus cases and the like. Aliases are refused. */
import { parse } from 'yaml';

/** @throws an Error that names line and column */
export function parseYaml(text: string): unknown {
  return parse(text, { maxAliasCount: 0 });
}
