// A million clients, each with a key of its own: what that costs in memory, and whether clients who spent their limit get
// another request for it.
import net from 'node:net';
import { residentMib, startFleet } from './fleet.mjs';

const WATCHED = 1_000;
const LIMIT = 3;
const CONNECTIONS = 64;
const WARM_UP = 100_000;

const rules = (algorithm) => `
limiter per_client { key client.ip  allow ${LIMIT} per 1d  using ${algorithm}  store local  then block 429 }
rule dos.per_client "per client" { severity warning  when request.path == "/"  then limit per_client }`;

/** Sends that many requests, each with the head of its number; resolves to the counts of statuses. */
function drive(port, requests, headOf) {
  const statuses = new Map();
  let next = 0;
  const connection = () =>
    new Promise((resolve, reject) => {
      const socket = net.connect(port, '127.0.0.1');
      const send = () => {
        if (next < requests) socket.write(headOf(next++), 'latin1');
        else socket.end();
      };
      let text = '';
      socket.on('connect', send).on('error', reject).on('close', resolve);
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1');
        const end = text.indexOf('\r\n\r\n');
        if (end < 0) return;
        const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
        if (text.length < end + 4 + length) return;
        const status = text.slice(9, 12);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        text = '';
        send();
      });
    });
  return Promise.all(Array.from({ length: CONNECTIONS }, connection)).then(() => statuses);
}

const head = (path, client) =>
  `GET ${path} HTTP/1.1\r\nhost: bench.example\r\nx-forwarded-for: ${client}\r\n\r\n`;
const stranger = (i) => `${10 + (i >> 24)}.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`;
const watched = (i) => `192.168.${i >> 8}.${i & 255}`;
const show = (statuses) => [...statuses].map(([status, count]) => `${count} × ${status}`).join(', ');

export async function million({ keys, limitKeys }) {
  const rows = [];
  for (const algorithm of ['gcra', 'sliding_window']) {
    const env = limitKeys === undefined ? {} : { WARD_LIMIT_KEYS: String(limitKeys) };
    const fleet = await startFleet({ rules: rules(algorithm), workers: 2, env });
    const [{ port, pid }] = fleet.wards;
    await drive(port, WARM_UP, () => head('/warm', watched(0)));
    await drive(port, WATCHED * (LIMIT + 1), (i) => head('/', watched(i % WATCHED)));
    const before = residentMib(pid);
    const startMs = performance.now();
    const statuses = await drive(port, keys, (i) => head('/', stranger(i)));
    const seconds = (performance.now() - startMs) / 1_000;
    const after = residentMib(pid);
    const again = await drive(port, WATCHED, (i) => head('/', watched(i)));
    const gained = WATCHED - (again.get('429') ?? 0);
    rows.push(
      `| ${algorithm} | ${before.toFixed(0)} | ${after.toFixed(0)} | ${(after - before).toFixed(0)} | ` +
        `${Math.round(keys / seconds)} | ${show(statuses)} | ${gained} of ${WATCHED} |`,
    );
    await fleet.stop();
  }
  return `## ${keys} clients, ${limitKeys ?? 1_250_000} held exactly

| algorithm | RSS before MiB | after | growth | requests/s | their answers | watched clients that gained |
|---|---|---|---|---|---|---|
${rows.join('\n')}
`;
}
