/** Changes that matter are told once they are over; others are not told at all. */
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadRuleSources } from '../../../src/control/rule-sources.ts';
import { RuleWatcher } from '../../../src/control/rule-watcher.ts';
import { RELOAD_DEBOUNCE_MS } from '../../../src/core/limits.ts';

let directory: string;
let watcher: RuleWatcher;
let told: string[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ward-watch-'));
  told = [];
  watcher = new RuleWatcher((why) => told.push(why));
});
afterEach(async () => {
  await watcher.close();
  rmSync(directory, { recursive: true });
});

const write = (name: string, text: string): void => writeFileSync(join(directory, name), text);

async function follow(rules: string, watchFiles = true): Promise<void> {
  write('a.ward', rules);
  await watcher.follow(await loadRuleSources({ paths: ['*.ward'], workingDirectory: directory }), watchFiles);
}

it('tells several writes as one change, also when an editor replaces the file', async () => {
  await follow('language 1\n');
  write('a.ward', 'language 1\n// one');
  write('new', 'language 1\n// two');
  renameSync(join(directory, 'new'), join(directory, 'a.ward'));
  await expect.poll(() => told).toEqual(['files']);
  write('b.ward', 'language 1\n'); // a file that the glob takes in
  await expect.poll(() => told).toEqual(['files', 'files']);
});

it('tells changes of SecLang files, of their data and of new ones', async () => {
  write('a.conf', 'SecRule ARGS "@pmFromFile a.data" "id:1,deny"\n');
  write('a.data', 'x\n');
  await watcher.follow(await loadRuleSources({ paths: ['seclang:.'], workingDirectory: directory }), true);
  for (const [count, name] of ['a.conf', 'a.data', 'b.conf'].entries()) {
    write(name, `# ${name}\n`);
    await expect.poll(() => told).toHaveLength(count + 1);
  }
});

it('does not mind files that are neither rules nor lists', async () => {
  write('a.list', 'x\n');
  await follow('language 1\nlist l : String from "a.list"\n');
  write('notes.txt', 'x');
  await sleep(3 * RELOAD_DEBOUNCE_MS);
  expect(told).toEqual([]);
  write('a.list', 'y\n');
  await expect.poll(() => told).toEqual(['files']);
});

it('tells when the shortest refresh of the lists is over', async () => {
  write('l.txt', 'x\n');
  await follow('language 1\nlist l : String from "l.txt" refresh 50ms keep_last\n', false);
  await expect.poll(() => told).toEqual(['refresh']);
});
