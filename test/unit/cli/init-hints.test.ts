/** What `ward init` finds out instead of asking. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findHints } from '../../../src/cli/command-init.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ward-init-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

it.each([
  [{}, 3000, 'a guess: change it if it is wrong'],
  [{ '.env': 'HOST=x\nexport PORT="4000"\n' }, 4000, 'found in .env'],
  [{ 'package.json': '{"scripts":{"dev":"vite --port 5000"}}' }, 5000, 'found in the script "dev"'],
  [{ Dockerfile: 'FROM node\nEXPOSE 8000\n' }, 8000, 'found in Dockerfile'],
  [{ 'package.json': '{"dependencies":{"vite":"1"}}' }, 5173, 'the usual port of vite'],
  [{ 'package.json': '{broken', '.env': 'PORT=banana' }, 3000, 'a guess: change it if it is wrong'],
  [{ 'package.json': '{"scripts":{"start":7}}' }, 3000, 'a guess: change it if it is wrong'],
])('from %j finds port %i', (files, port, portSource) => {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  expect(findHints(directory)).toMatchObject({ port, portSource });
});

it('makes a policy name that cannot end its quotes', () => {
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ name: '@a/b" {\n}' }));
  expect(findHints(directory).name).toBe('@a/b ');
});
