/** Which file that ships with Ward declares a name: the cure for a name that a rule file uses and does not import. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Item } from '../dsl/ast.ts';
import { parseFile } from '../dsl/parser.ts';
import { createSource } from '../dsl/source.ts';
import { SHIPPED_PREFIX, SHIPPED_RULES_DIRECTORY } from './rule-sources.ts';

let imports: ReadonlyMap<string, string> | undefined;

/**
 * `canon` gives `ward:vocabulary.ward`; undefined for what no shipped file declares, and for all if they cannot be read: a hint is
 * no reason to fail. The first call reads and parses all shipped files, which happens for rule files with mistakes only.
 */
export function shippedImportOf(name: string): string | undefined {
  imports ??= readImports();
  return imports.get(name);
}

function readImports(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  try {
    for (const file of readdirSync(SHIPPED_RULES_DIRECTORY).filter((entry) => entry.endsWith('.ward'))) {
      const source = createSource(file, readFileSync(join(SHIPPED_RULES_DIRECTORY, file), 'utf8'));
      for (const item of parseFile(source).file.items) {
        const name = declaredName(item);
        if (name !== undefined) found.set(name, SHIPPED_PREFIX + file);
      }
    }
  } catch {
    return new Map();
  }
  return found;
}

function declaredName(item: Item): string | undefined {
  switch (item.kind) {
    case 'Rule':
      return item.name.text;
    case 'Const':
    case 'Fn':
    case 'List':
    case 'Pattern':
    case 'Targets':
      return item.name.name;
    default:
      return undefined;
  }
}
