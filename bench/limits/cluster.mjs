// Two Ward processes on one Redis: what a limit admits of 20,000 requests of one client that are spread over both.
import autocannon from 'autocannon';
import { leaseBound } from '../../dist/limiter/cluster/bounds.js';
import { startFleet } from './fleet.mjs';

const WARDS = 2;
const WORKERS = 2;
const REQUESTS = 20_000;
const LIMIT = 5_000;
const RATE = { count: LIMIT, periodMs: 31 * 86_400_000, burst: LIMIT };
const STORES = [
  ['exact', 'cluster'],
  ['leased', 'cluster leased'],
];

export async function cluster() {
  const cases = STORES.flatMap(([name, store]) =>
    ['sliding_window', 'gcra', 'fixed_window'].map((algorithm) => ({ name, store, algorithm })),
  );
  const rules = cases.map(({ store, algorithm }, i) => {
    const limiter = `limiter l${i} { key client.ip  allow ${LIMIT} per 31d  using ${algorithm}  store ${store}  then block 429 }`;
    return `${limiter}\nrule r${i} "r" { severity warning  when request.path == "/${i}"  then limit l${i} }`;
  });
  const env = { WARD_REDIS_TIMEOUT: '10s' };
  const fleet = await startFleet({
    rules: rules.join('\n'),
    wards: WARDS,
    workers: WORKERS,
    redis: true,
    env,
  });
  const rows = [];
  for (const [i, { name, algorithm }] of cases.entries()) {
    const results = await Promise.all(
      fleet.wards.map(({ url }) =>
        autocannon({ url: `${url}/${i}`, connections: 16, amount: REQUESTS / WARDS, timeout: 60 }),
      ),
    );
    const count = (status) =>
      results.reduce((sum, { statusCodeStats }) => sum + (statusCodeStats[status]?.count ?? 0), 0);
    const [admitted, refused] = [count(200), count(429)];
    const bound = name === 'exact' ? LIMIT : leaseBound(algorithm, RATE, WORKERS, WARDS);
    const wrong = REQUESTS - admitted - refused;
    rows.push(`| ${name} | ${algorithm} | ${LIMIT} | ${admitted} | ${bound} | ${refused} | ${wrong} |`);
  }
  await fleet.stop();
  return `## ${REQUESTS} requests over ${WARDS} processes of ${WORKERS} threads

| store | algorithm | limit | admitted | bound | refused | other answers |
|---|---|---|---|---|---|---|
${rows.join('\n')}
`;
}
