/**
 * `detect_xss` against a real browser: whatever runs in some context of a page that does not escape it is detected.
 *
 * Values are attacks of many shapes, and random compositions of the pieces attacks are made of, most of which do not
 * run. What the browser does not run may be detected all the same: other browsers and libraries differ.
 */
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { detectXss } from '../../src/detect/html/detect-xss.ts';
import { FUZZ_SEED, fuzzRuns, randomOf } from '../support/fuzz.ts';
import { ATTACKS, PIECES } from './xss-values.ts';
import { whatRan } from './xss-pages.ts';
import type { Ran } from './xss-pages.ts';

const CHROMIUM = '/usr/bin/chromium';
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
];

/** The machine may be busy with other tests. */
const PATIENCE_MS = 400_000;

let browser: Browser;

beforeAll(async () => {
  if (!existsSync(CHROMIUM)) throw new Error(`${CHROMIUM} is missing: install the Debian package "chromium"`);
  browser = await chromium.launch({ executablePath: CHROMIUM, headless: true, args: ARGS });
});
afterAll(async () => {
  await browser?.close();
});

const missed = (ran: readonly Ran[]): Ran[] => ran.filter(({ value }) => !detectXss(value));

it(
  'detects every attack that runs',
  async () => {
    const ran = await whatRan(browser, ATTACKS);
    expect(new Set(ran.map(({ value }) => value)).size).toBeGreaterThan(ATTACKS.length * 0.8);
    expect(missed(ran)).toEqual([]);
  },
  PATIENCE_MS,
);

it(
  `detects what runs of random compositions, seed ${FUZZ_SEED}`,
  async () => {
    const random = randomOf(FUZZ_SEED);
    const values = Array.from({ length: fuzzRuns(60) }, () =>
      Array.from({ length: 1 + random(6) }, () => PIECES[random(PIECES.length)]).join(''),
    );
    const ran = await whatRan(browser, values);
    expect(ran.length).toBeGreaterThan(0);
    expect(missed(ran)).toEqual([]);
  },
  PATIENCE_MS,
);
