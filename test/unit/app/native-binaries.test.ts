/**
 * The prebuilt listener comes from a third-party package: its bytes are pinned, so that a changed binary under the
 * same version is noticed. After a deliberate update, put the new sums into scripts/native-binaries.json.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const root = new URL('../../../', import.meta.url);
const pinned = JSON.parse(readFileSync(new URL('scripts/native-binaries.json', root), 'utf8')) as Record<
  string,
  Record<string, string>
>;
const binaries = Object.entries(pinned['uWebSockets.js']);

it('pins the binaries of both supported versions of Node', () => {
  expect(binaries.map(([file]) => file)).toEqual(['uws_linux_x64_115.node', 'uws_linux_x64_127.node']);
});

it.each(binaries)('%s has the pinned bytes', (file, sha256) => {
  const bytes = readFileSync(new URL(`node_modules/uWebSockets.js/dist/bin/${file}`, root));
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
});
