/**
 * `npm start`: the shortest way to see Ward work. Checks what the installation needs, builds if the build is missing
 * or older than the source, starts a sample service and Ward in front of it with the shipped rules, and prints
 * requests to try. Ctrl-C drains and ends both.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProblems } from './preflight.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MAIN = join(ROOT, 'dist/main.js');
const LISTEN = process.env.WARD_LISTEN ?? '127.0.0.1:8080';
const EXIT_INTERRUPTED = 130;

/** Newest change below a directory, in milliseconds. */
function newestIn(directory) {
  return Math.max(
    ...readdirSync(directory, { recursive: true }).map((entry) => statSync(join(directory, entry)).mtimeMs),
  );
}

function buildIfNeeded() {
  const built = existsSync(MAIN) ? statSync(join(ROOT, 'dist/.tsbuildinfo')).mtimeMs : 0;
  if (built > newestIn(join(ROOT, 'src'))) return;
  console.log('Building ...');
  const { status } = spawnSync('npm', ['run', 'build', '--silent'], { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) throw new Error('The build failed; its errors are above.');
}

const HELLO = `
Ward is listening on http://${LISTEN}, in front of a sample service. In another terminal:

  passes:
    curl 'http://${LISTEN}/search?q=green+tea'
    curl 'http://${LISTEN}/notes' --json '{"text":"it'"'"'s fine"}'
  refused:
    curl -i 'http://${LISTEN}/search?q=%27%20or%20%271%27=%271'
    curl -i 'http://${LISTEN}/search?q=%3Cscript%3Ealert(1)%3C/script%3E'
    curl -i --path-as-is 'http://${LISTEN}/files/..%252f..%252fetc/passwd'
    curl -i 'http://${LISTEN}/notes' --json '{"text":"1 UNION SELECT password FROM users"}'
  why:
    node dist/main.js explain 'GET /search?q=%27%20or%20%271%27=%271'

Open it in a browser, too. Ctrl-C ends it.
`;

/** Ends when Ward listens, rejects when it ends before. */
function untilListening(ward) {
  return new Promise((resolve, reject) => {
    let text = '';
    ward.stdout.on('data', (chunk) => {
      process.stdout.write(chunk);
      text += chunk;
      if (text.includes('listening on')) resolve();
      else text = text.slice(-1_000);
    });
    ward.once('exit', (code) => reject(new Error(`Ward ended with code ${code}; the reason is above.`)));
  });
}

async function main() {
  const problems = await findProblems();
  for (const problem of problems) console.error(`ward: ${problem}`);
  if (problems.length > 0) return 1;
  buildIfNeeded();
  // Only now: the sample service needs the installed packages.
  const { startSampleService } = await import('./sample-service.mjs');
  const service = await startSampleService();
  const args = [MAIN, 'run', '--listen', LISTEN, '--upstream', `http://127.0.0.1:${service.port}`];
  const format = process.stdout.isTTY ? 'pretty' : 'json';
  // Its own process group: a Ctrl-C reaches this script alone, which passes it on once.
  const ward = spawn(process.execPath, [...args, '--log-format', format], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  const ended = new Promise((resolve) => ward.once('exit', (code) => resolve(code ?? EXIT_INTERRUPTED)));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => ward.kill(signal));
  try {
    await untilListening(ward);
    console.log(HELLO);
    return await ended;
  } finally {
    service.close();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`ward: ${error.message}`);
  process.exitCode = 1;
}
