// Large bodies through one worker: node bench/load/large-bodies.mjs [--mebibytes 1024] [--attack-mebibytes 256] [--listener uws]
//
// 1. A plain upload and a plain download must not raise peak memory (VmHWM) by 32 MiB over the warmed baseline.
// 2. An attack in the last kilobyte of a form, JSON or multipart body must be refused (403 or a closed connection), and
//    the upstream must never hold a complete request; the same body without the attack must arrive byte-identical.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { peakMebibytes, withChildren } from './process-usage.mjs';

const MIB = 1024 * 1024;
const { values: options } = parseArgs({
  options: {
    mebibytes: { type: 'string', default: '1024' },
    'attack-mebibytes': { type: 'string', default: '256' },
    listener: { type: 'string', default: 'uws' },
  },
});
const plainBytes = Number(options.mebibytes) * MIB;
const attackBytes = Number(options['attack-mebibytes']) * MIB;

/** What the service saw of the last upload. */
let seen = { complete: false, bytes: 0, sha256: '' };
const service = http.createServer((request, response) => {
  if (request.method === 'GET') {
    let left = Number(new URL(request.url, 'http://service').searchParams.get('bytes') ?? 0);
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': left });
    const block = Buffer.alloc(64 * 1024, 'download ');
    const push = () => {
      while (left > 0) {
        const part = left < block.length ? block.subarray(0, left) : block;
        left -= part.length;
        if (!response.write(part)) return void response.once('drain', push);
      }
      response.end();
    };
    push();
    return;
  }
  const hash = createHash('sha256');
  seen = { complete: false, bytes: 0, sha256: '' };
  request.on('data', (chunk) => {
    hash.update(chunk);
    seen.bytes += chunk.length;
  });
  request.on('error', () => {});
  request.on('end', () => {
    seen.complete = true;
    seen.sha256 = hash.digest('hex');
    response.end('ok');
  });
});
service.requestTimeout = 0;
service.listen(0, '127.0.0.1');
await once(service, 'listening');

const probe = net.createServer().listen(0, '127.0.0.1');
await once(probe, 'listening');
const { port } = probe.address();
probe.close();

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const ward = spawn(
  process.execPath,
  [
    path('../../dist/main.js'),
    'run',
    '--listen',
    `127.0.0.1:${port}`,
    '--upstream',
    `http://127.0.0.1:${service.address().port}`,
    '--rules',
    path('./large-bodies.ward'),
    '--workers',
    '1',
    '--listener',
    options.listener,
    '--admin',
    'off',
  ],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
process.on('exit', () => ward.kill('SIGKILL'));
let log = '';
ward.stdout.on('data', (chunk) => {
  log = (log + chunk).slice(-64 * 1024);
});
for (let attempt = 0; ; attempt++) {
  const open = await new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => resolve(true));
    socket.on('error', () => resolve(false)).on('connect', () => socket.destroy());
  });
  if (open) break;
  if (attempt > 300 || ward.exitCode !== null) throw new Error('Ward did not start');
  await new Promise((resolve) => setTimeout(resolve, 100));
}

/** Sends `head`, blocks of `filler` up to `bytes`, then `tail`; resolves with the status, 0 for a closed connection. */
function upload(type, head, filler, tail, bytes) {
  const hash = createHash('sha256');
  const block = Buffer.from(filler.repeat(Math.ceil((64 * 1024) / filler.length)));
  const count = Math.max(0, Math.floor((bytes - head.length - tail.length) / block.length));
  const length = Buffer.byteLength(head) + count * block.length + Buffer.byteLength(tail);
  return new Promise((resolve) => {
    const finish = (status) => resolve({ status, sha256: hash.digest('hex'), length });
    const request = http.request({
      port,
      host: '127.0.0.1',
      method: 'POST',
      path: '/upload',
      headers: { 'content-type': type, 'content-length': length },
    });
    let done = false;
    request.on('response', (response) => {
      response.resume();
      done = true;
      response.on('close', () => finish(response.statusCode));
    });
    request.on('error', () => {
      if (!done) finish(0);
      done = true;
    });
    const send = async () => {
      const write = async (data) => {
        hash.update(data);
        if (request.write(data) || done) return;
        await new Promise((resolve) => {
          const proceed = () => {
            request.off('drain', proceed).off('close', proceed);
            resolve();
          };
          request.once('drain', proceed).once('close', proceed);
        });
      };
      await write(Buffer.from(head));
      for (let index = 0; index < count && !done; index++) await write(block);
      await write(Buffer.from(tail));
      request.end();
    };
    send().catch(() => {});
  });
}

function download(bytes) {
  return new Promise((resolve, reject) => {
    http.get({ port, host: '127.0.0.1', path: `/download?bytes=${bytes}` }, (response) => {
      let received = 0;
      response.on('data', (chunk) => {
        received += chunk.length;
      });
      response.on('end', () => resolve(received));
      response.on('error', reject);
    });
  });
}

const failures = [];
const check = (name, good, detail) => {
  console.log(`${good ? 'ok  ' : 'FAIL'} ${name}${detail ? `: ${detail}` : ''}`);
  if (!good) failures.push(name);
};
const ATTACK = "1' union all select password from users";

try {
  const pids = withChildren(ward.pid);
  for (let round = 0; round < 4; round++) {
    await upload('application/octet-stream', '', 'x'.repeat(4096), 'end', 32 * MIB);
    await download(32 * MIB);
  }
  const baseline = peakMebibytes(pids);

  await upload('application/octet-stream', '', 'x'.repeat(4096), 'end', plainBytes);
  check(
    'plain upload arrives whole',
    seen.complete && seen.bytes > plainBytes - 128 * 1024,
    `${seen.bytes} bytes`,
  );
  const afterUpload = peakMebibytes(pids);
  check(
    'upload keeps memory',
    afterUpload - baseline < 32,
    `+${(afterUpload - baseline).toFixed(1)} MiB over ${baseline.toFixed(0)}`,
  );
  const received = await download(plainBytes);
  check('plain download arrives whole', received === plainBytes, `${received} bytes`);
  const afterDownload = peakMebibytes(pids);
  check(
    'download keeps memory',
    afterDownload - baseline < 32,
    `+${(afterDownload - baseline).toFixed(1)} MiB over ${baseline.toFixed(0)}`,
  );

  const boundary = 'ward-large-bodies';
  const part = (name, text) =>
    `--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${text}\r\n`;
  const kinds = {
    form: [
      'application/x-www-form-urlencoded',
      'first=1&text=',
      'word+',
      (text) => `&last=${encodeURIComponent(text)}`,
    ],
    'form of many fields': [
      'application/x-www-form-urlencoded',
      'first=1',
      `&text=${'word+'.repeat(20_000)}`,
      (text) => `&last=${encodeURIComponent(text)}`,
    ],
    JSON: ['application/json', '{"first":1,"text":"', 'word ', (text) => `","last":${JSON.stringify(text)}}`],
    multipart: [
      `multipart/form-data; boundary=${boundary}`,
      `${part('first', '1')}--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="a.bin"\r\n\r\n`,
      'word ',
      (text) => `\r\n${part('last', text)}--${boundary}--\r\n`,
    ],
  };
  for (const [kind, [type, head, filler, tail]] of Object.entries(kinds)) {
    const clean = await upload(type, head, filler, tail('harmless'), attackBytes);
    check(
      `${kind} without an attack passes`,
      clean.status === 200 && seen.complete && seen.sha256 === clean.sha256,
      `${clean.status}, ${seen.bytes} of ${clean.length} bytes`,
    );
    seen = { complete: false, bytes: 0, sha256: '' };
    log = '';
    const attack = await upload(type, head, filler, tail(ATTACK), attackBytes);
    await new Promise((resolve) => setTimeout(resolve, 200));
    check(
      `${kind} with a late attack is refused`,
      (attack.status === 403 || attack.status === 0) && !seen.complete,
      `status ${attack.status}, ${seen.bytes} bytes seen, complete: ${seen.complete}`,
    );
    check(
      `${kind}: the event names rule and place`,
      log.includes('sqli.union_select') && log.includes('last'),
    );
  }
  const afterAttacks = peakMebibytes(pids);
  console.log(`peak after all: +${(afterAttacks - baseline).toFixed(1)} MiB over ${baseline.toFixed(0)}`);
} finally {
  ward.kill('SIGTERM');
  service.close();
  service.closeAllConnections();
}
process.exitCode = failures.length > 0 ? 1 : 0;
