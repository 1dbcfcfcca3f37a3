/**
 * Paths with `*`, `?` and `**`, as people write them for rule files. Hidden files and links to directories are not
 * followed; the result is sorted, so that a load does not depend on the file system's order.
 */
import { readdir } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { INCLUDE_FILES_MAX, NESTING_DEPTH_MAX } from '../core/limits.ts';

/** True if the text has a wildcard. */
export function isGlob(path: string): boolean {
  return /[*?]/.test(path);
}

/**
 * Files that fit an absolute pattern; empty if none does. Stops looking once it has more than `filesMax`,
 * which the caller refuses.
 */
export async function expandGlob(
  pattern: string,
  filesMax: number = INCLUDE_FILES_MAX,
): Promise<readonly string[]> {
  const segments = resolve(pattern).split(sep).filter(Boolean);
  const firstWild = segments.findIndex(isGlob);
  const root = sep + segments.slice(0, firstWild).join(sep);
  const found = new Set<string>();
  await walk(root, segments.slice(firstWild), { found, filesMax }, 0);
  return [...found].sort();
}

async function walk(
  directory: string,
  segments: readonly string[],
  search: { readonly found: Set<string>; readonly filesMax: number },
  depth: number,
): Promise<void> {
  if (depth > NESTING_DEPTH_MAX || search.found.size > search.filesMax) return;
  const [segment, ...rest] = segments;
  if (segment === '**' && rest.length > 0) await walk(directory, rest, search, depth);
  const matches = segment === '**' ? () => true : segmentMatcher(segment);
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.') || !matches(entry.name)) continue;
    const path = join(directory, entry.name);
    if (entry.isDirectory()) {
      if (segment === '**') await walk(path, segments, search, depth + 1);
      else if (rest.length > 0) await walk(path, rest, search, depth + 1);
    } else if (rest.length === 0) search.found.add(path);
  }
}

/** `*` and `?` inside one segment. The stars become possessive-free `[^/]*` runs: names are short, so this is cheap. */
function segmentMatcher(segment: string): (name: string) => boolean {
  const source = segment
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '[^/]*')
    .replaceAll('?', '[^/]');
  const expression = new RegExp(`^${source}$`);
  return (name) => expression.test(name);
}
