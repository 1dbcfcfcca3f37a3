/**
 * A flood through a whole Ward: fifty clients send twenty times what they used to. Each is named and limited, and those who
 * behave hardly notice.
 */
import autocannon from 'autocannon';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../support/until.ts';
import { Fleet } from './limit-fleet.ts';

const FLOODERS = Array.from({ length: 50 }, (_, index) => `203.0.113.${index + 1}`);
const POLITE = Array.from({ length: 20 }, (_, index) => `198.51.100.${index + 1}`);
/** Of one, so far apart that the floor below is out of reach. */
const POLITE_REQUESTS = 6;
const POLITE_PAUSE_MS = 800;
/** Requests of one flooder per second: what is usual, and twenty times as many. */
const USUAL = 0.5;
const FLOODING = 20 * USUAL;
const LEARNING_S = 4;
/** It ends sooner, when all are named and the polite clients have their answers. */
const FLOOD_S_MAX = 60;
const CONNECTIONS = 10;

/** A floor over seconds, so that a busy machine that sends less than it should still sends a flood. */
const RULES = `
flood l7 {
  key       client.ip
  baseline  ewma 30s
  trip      above 8 times baseline floor 6 per 4s
  release   below 3 times baseline for 30s
  then      limit to 1 per 5s
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

async function politeClient(address: string): Promise<number[]> {
  const statuses: number[] = [];
  for (let sent = 0; sent < POLITE_REQUESTS; sent++) {
    const answer = await fetch(`${fleet.wards[0]?.url}/`, { headers: { 'x-forwarded-for': address } });
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

  const flood = send(FLOODING, FLOOD_S_MAX);
  const over = ended(flood);
  const [statuses] = await Promise.all([
    Promise.all(POLITE.map(politeClient)),
    until(() => tripped().length >= FLOODERS.length, 'fifty names', FLOOD_S_MAX * 1_000),
  ]).finally(() => flood.stop?.());
  const { errors, statusCodeStats = {} } = await over;

  expect(errors).toBe(0);
  expect(Object.keys(statusCodeStats).toSorted()).toEqual(['200', '429']);
  expect(new Set(tripped().map(({ key }) => key))).toEqual(new Set(FLOODERS));
  for (const event of tripped()) {
    expect(event).toMatchObject({ level: 'warn', flood: 'l7', stage: 0 });
    const top = event.top as { key: string }[];
    expect(top.length).toBeGreaterThan(0);
    expect(top.filter(({ key }) => !FLOODERS.includes(key) && !POLITE.includes(key))).toEqual([]);
  }
  const answered = statuses.flat().filter((status) => status === 200).length;
  expect(answered).toBeGreaterThanOrEqual(0.99 * POLITE.length * POLITE_REQUESTS);
  const refused = statusCodeStats['429']?.count ?? 0;
  expect(refused).toBeGreaterThan(statusCodeStats['200']?.count ?? 0);
});
