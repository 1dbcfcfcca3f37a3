// Fifty clients at twenty times their baseline: how soon they are named and held down, and what a polite client notices.
import autocannon from 'autocannon';
import { setTimeout as sleep } from 'node:timers/promises';
import { startFleet } from './fleet.mjs';

const FLOODERS = Array.from({ length: 50 }, (_, i) => `203.0.113.${i + 1}`);
const POLITE = '198.51.100.7';
const CONNECTIONS = 25;
const USUAL = 2;
const TIMES = 20;
const LEARNING_S = 10;
const FLOOD_S = 15;
const POLITE_PAUSE_MS = 110;
const SLICE_MS = 100;

const RULES = `
flood l7 {
  key       client.ip
  baseline  ewma 10s
  trip      above 8 times baseline floor 10 per 1s
  release   below 3 times baseline for 30s
  then      limit to 2 per 1s
}
rule dos.flood "Far above its baseline" { severity error  when flood.l7.active  then limit l7 }`;

export async function flood() {
  const fleet = await startFleet({ rules: RULES, workers: 2 });
  const [ward] = fleet.wards;
  const ofClient = FLOODERS.map((address) => ({ headers: { 'x-forwarded-for': address } }));
  const send = (perSecond, duration) => {
    let connection = 0;
    const load = {
      url: ward.url,
      connections: CONNECTIONS,
      overallRate: perSecond * FLOODERS.length,
      duration,
      // Each connection begins with another client: together they would be a burst of each in turn.
      setupClient: (one) => {
        const first = (connection++ * FLOODERS.length) / CONNECTIONS;
        one.setRequests([...ofClient.slice(first), ...ofClient.slice(0, first)]);
      },
    };
    return autocannon(load, () => undefined);
  };
  const ended = (load) => new Promise((resolve) => load.once('done', resolve));
  const usual = await ended(send(USUAL, LEARNING_S));

  let flooding = true;
  const polite = [];
  const politeClient = (async () => {
    while (flooding) {
      const startMs = performance.now();
      const answer = await fetch(ward.url, { headers: { 'x-forwarded-for': POLITE } });
      await answer.arrayBuffer();
      polite.push({ status: answer.status, waitMs: performance.now() - startMs });
      await sleep(POLITE_PAUSE_MS);
    }
  })();
  const startMs = performance.now();
  const load = send(USUAL * TIMES, FLOOD_S);
  const slices = [];
  load.on('response', (_client, status) => {
    const slice = (slices[Math.floor((performance.now() - startMs) / SLICE_MS)] ??= {
      passed: 0,
      refused: 0,
    });
    if (status === 429) slice.refused++;
    else slice.passed++;
  });
  const result = await ended(load);
  flooding = false;
  await politeClient;
  await sleep(500);
  const tripped = ward.events.filter(({ event }) => event === 'flood.tripped');
  const early = tripped.filter(({ atMs }) => atMs < startMs).length;
  const names = new Set(tripped.map(({ key }) => key));
  const strangers = [...names].filter((name) => !FLOODERS.includes(name)).length;
  const limitedMs = SLICE_MS * (slices.findIndex((slice) => slice?.refused > slice?.passed) + 1);
  const passed = result.statusCodeStats['200']?.count ?? 0;
  const refused = result.statusCodeStats['429']?.count ?? 0;
  const good = polite.filter(({ status }) => status === 200).length;
  await fleet.stop();
  return `## A flood of ${FLOODERS.length} clients at ${TIMES} times their baseline of ${USUAL} requests/s

| | |
|---|---|
| requests/s sent, of ${USUAL * TIMES * FLOODERS.length} wanted | ${Math.round(result.requests.total / FLOOD_S)} |
| requests while learning, refused, tripped | ${usual.requests.total}, ${usual.non2xx}, ${early} |
| first name after | ${Math.round(tripped[0].atMs - startMs)} ms |
| all ${names.size} named after, of which no flooder | ${Math.round(tripped.at(-1).atMs - startMs)} ms, ${strangers} |
| most of the flood refused after | ${limitedMs} ms |
| flood: passed, refused, other answers | ${passed}, ${refused}, ${result.requests.total - passed - refused} |
| polite client: requests, answered 200 | ${polite.length}, ${((100 * good) / polite.length).toFixed(1)} % |
`;
}
