/**
 * Looks for what the installation needs before anything fails deep inside: the Node version, the native parts, and
 * where one is missing, the tool it would have been built with. Runs without any package of ours or others.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);
const NODE_MIN = [20, 19];
const BUILD_TOOLS = { python3: ['--version'], 'g++': ['--version'], make: ['--version'] };

/** @returns {string[]} what is wrong, each with its cure; empty when all is well */
export async function findProblems() {
  const problems = [...nodeProblems()];
  if (!existsSync(`${ROOT}node_modules`))
    return [...problems, 'The packages are not installed. Run `npm ci`.'];
  return [...problems, ...re2Problems(), ...(await listenerProblems())];
}

function nodeProblems() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1])) return [];
  return [
    `Node ${process.versions.node} is too old: Ward needs ${NODE_MIN.join('.')} or later (20 and 22 are tested).`,
  ];
}

function re2Problems() {
  try {
    const RE2 = require('re2');
    if (new RE2('^a+$').test('aaa')) return [];
    return ['re2 gives wrong results. Run `npm rebuild re2`.'];
  } catch {
    const missing = Object.entries(BUILD_TOOLS)
      .filter(([tool, args]) => spawnSync(tool, args, { stdio: 'ignore' }).status !== 0)
      .map(([tool]) => tool);
    if (missing.length === 0) return ['re2 does not load for this version of Node. Run `npm rebuild re2`.'];
    return [
      `re2 has to be compiled and ${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} missing. ` +
        `Install ${missing.length === 1 ? 'it' : 'them'} (Debian: apt-get install python3 g++ make), then \`npm rebuild re2\`.`,
    ];
  }
}

async function listenerProblems() {
  try {
    await import('uWebSockets.js');
    return [];
  } catch (error) {
    const place = `${process.platform} ${process.arch}, Node ${process.versions.node} (ABI ${process.versions.modules})`;
    const musl =
      process.platform === 'linux' && process.report?.getReport().header.glibcVersionRuntime === undefined;
    const why = musl
      ? 'its binaries need glibc and this system has musl'
      : String(error.message).split('\n')[0];
    return [
      `uWebSockets.js does not load on ${place}: ${why}. \`ward run --listener node\` works without it.`,
    ];
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problems = await findProblems();
  for (const problem of problems) console.error(`ward: ${problem}`);
  if (problems.length === 0) console.log('ward: everything the installation needs is there');
  process.exitCode = problems.length === 0 ? 0 : 1;
}
