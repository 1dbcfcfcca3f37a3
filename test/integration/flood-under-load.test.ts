/**
 * A flood through a whole Ward: fifty clients send twenty times what they used to. Each is named and limited, and the one that
 * behaves hardly notices.
 */
import autocannon from 'autocannon';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../support/redis-server.ts';
import { Fleet } from './limit-fleet.ts';

const FLOODERS = Array.from({ length: 50 }, (_, index) => `203.0.113.${index + 1}`);
const POLITE = '198.51.100.7';
/** Requests of one flooder per second: what is usual, and twenty times as many. */
const USUAL = 2;
const FLOODING = 20 * USUAL;
const CONNECTIONS = 10;
const LEARNING_S = 4;
/** Fewer requests per second than the floor, below which nothing is a flood. */
const POLITE_PAUSE_MS = 110;
const POLITE_REQUESTS = 100;

const RULES = `
flood l7 {
  key       client.ip
  baseline  ewma 5s
  trip      above 8 times baseline floor 10 per 1s
  release   below 3 times baseline for 30s
  then      limit to 2 per 1s
}
rule dos.flood "Far above its baseline" { severity error  when flood.l7.active  then limit l7 }`;

let fleet: Fleet;

beforeAll(async () => {
  fleet = await Fleet.start({ rules: RULES, redis: false, workers: 2 });
});
afterAll(async () => {
  await fleet.stop();
});

/**
 * All flooders in turn, so many requests per second together. Each connection begins with another: in step they would be a
 * burst of each client.
 */
function send(perSecond: number, seconds: number): autocannon.Instance {
  const ofClient = FLOODERS.map((address) => ({ headers: { 'x-forwarded-for': address } }));
  let connection = 0;
  const setupClient = (client: autocannon.Client): void => {
    const first = (connection++ * FLOODERS.length) / CONNECTIONS;
    client.setRequests([...ofClient.slice(first), ...ofClient.slice(0, first)]);
  };
  const url = `${fleet.wards[0]?.url}/`;
  const rate = { overallRate: perSecond * FLOODERS.length, connections: CONNECTIONS, duration: seconds };
  return autocannon({ url, setupClient, ...rate }, () => undefined);
}

const ended = (load: autocannon.Instance): Promise<autocannon.Result> =>
  new Promise((resolve) => load.once('done', resolve));

async function politeClient(requests: number): Promise<number[]> {
  const statuses: number[] = [];
  for (let sent = 0; sent < requests; sent++) {
    const answer = await fetch(`${fleet.wards[0]?.url}/`, { headers: { 'x-forwarded-for': POLITE } });
    await answer.arrayBuffer();
    statuses.push(answer.status);
    await sleep(POLITE_PAUSE_MS);
  }
  return statuses;
}

it('is named and limited, client by client, and spares the others', async () => {
  const [ward] = fleet.wards;
  if (ward === undefined) return;
  const tripped = () => ward.events.filter(({ event }) => event === 'flood.tripped');

  const usual = await ended(send(USUAL, LEARNING_S));
  expect([usual.errors, usual.non2xx]).toEqual([0, 0]);
  expect(tripped()).toEqual([]);

  const polite = politeClient(POLITE_REQUESTS);
  const flood = send(FLOODING, 30);
  const over = ended(flood);
  await until(() => tripped().length >= FLOODERS.length, 'fifty names');
  const statuses = await polite;
  flood.stop?.();
  const { errors, statusCodeStats = {} } = await over;

  expect(errors).toBe(0);
  expect(Object.keys(statusCodeStats).toSorted()).toEqual(['200', '429']);
  expect(new Set(tripped().map(({ key }) => key))).toEqual(new Set(FLOODERS));
  for (const event of tripped()) {
    expect(event).toMatchObject({ level: 'warn', flood: 'l7', stage: 0 });
    const top = event.top as { key: string }[];
    expect(top.length).toBeGreaterThan(0);
    expect(top.filter(({ key }) => !FLOODERS.includes(key) && key !== POLITE)).toEqual([]);
  }
  expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(0.99 * POLITE_REQUESTS);
  const refused = statusCodeStats['429']?.count ?? 0;
  expect(refused).toBeGreaterThan(statusCodeStats['200']?.count ?? 0);
});
