/**
 * Pages that do not escape what they show, and a browser that tells which values ran: the judge of `detect_xss`.
 *
 * Each value is put into each context of a page. The pages stand in frames of one document, a batch at a time. A value
 * has run when `alert` is called in its frame: by itself, by a click on what the page made of the value, or by a handler
 * that the browser compiled for one of its elements and that some event of a visitor would call.
 */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';

/** Pages by context; `VALUE` is replaced. */
export const CONTEXTS: Readonly<Record<string, string>> = {
  data: '<div>VALUE</div>',
  'double quotes': '<input value="VALUE">',
  'single quotes': "<input value='VALUE'>",
  'no quotes': '<input value=VALUE>',
  'in a tag': '<input VALUE>',
  comment: '<!-- VALUE -->',
  title: '<title>VALUE</title>',
  textarea: '<textarea>VALUE</textarea>',
  style: '<style>VALUE</style>',
  noscript: '<noscript>VALUE</noscript>',
  svg: '<svg><desc>VALUE</desc></svg>',
  'double string': '<script>var text = "VALUE";</script>',
  'single string': "<script>var text = 'VALUE';</script>",
  'template string': '<script>var text = `VALUE`;</script>',
  'string in a call': "<script>String('VALUE');</script>",
  'string in a handler': '<button onclick="String(\'VALUE\')">b</button>',
  code: '<script>var text = VALUE;</script>',
  url: '<a href="VALUE">a</a>',
};

/** Contexts in which a text without markup changes nothing, and those in which markup is no script. */
const MARKUP_ONLY: ReadonlySet<string> = new Set([
  'data',
  'comment',
  'title',
  'textarea',
  'style',
  'noscript',
  'svg',
]);
const SCRIPT_ONLY: ReadonlySet<string> = new Set([
  'single string',
  'template string',
  'string in a call',
  'code',
]);

function contextsOf(value: string): string[] {
  const without = value.includes('<') ? SCRIPT_ONLY : MARKUP_ONLY;
  return Object.keys(CONTEXTS).filter((context) => !without.has(context));
}

const FRAMES_AT_ONCE = 160;
const SETTLE_MS = 120;

/** Runs in every frame before its own scripts: `alert` tells the outermost page which case called it. */
const REPORT = `
  window.alert = () => {
    let frame = window;
    while (frame !== top && !/^\\/case\\//.test(frame.location.pathname)) frame = frame.parent;
    if (frame !== top) top.ran.add(frame.location.pathname.slice(6));
  };
  window.onerror = () => true;`;

/** Clicks on links and buttons, and calls the handlers that the browser made of attributes. */
const VISIT = `
  for (const frame of Array.from(document.querySelectorAll('iframe'))) {
    try {
      const inner = frame.contentDocument;
      for (const element of Array.from(inner.querySelectorAll('*')).slice(0, 30)) {
        for (const name of element.getAttributeNames()) {
          if (!name.startsWith('on') || typeof element[name] !== 'function') continue;
          try { element[name](new Event(name.slice(2))); } catch {}
        }
        const link = element.getAttribute('href') ?? element.getAttribute('xlink:href');
        if (/^a$/i.test(element.localName) && /^\\W*j/i.test(link ?? '')) element.dispatchEvent(new MouseEvent('click'));
        if (/javascript/i.test(element.getAttribute('formaction') ?? '')) element.click();
      }
    } catch {}
  }`;

export interface Ran {
  readonly value: string;
  readonly context: string;
}

/** Pairs of value and context in which the value ran; contexts that cannot matter for a value are left out. */
export async function whatRan(browser: Browser, values: readonly string[]): Promise<Ran[]> {
  const cases = values.flatMap((value) => contextsOf(value).map((context) => ({ value, context })));
  const server = await serve(cases);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const page = await browser.newPage();
  try {
    page.on('dialog', (dialog) => void dialog.dismiss().catch(() => undefined));
    await page.addInitScript(REPORT);
    const ran: Ran[] = [];
    for (let from = 0; from < cases.length; from += FRAMES_AT_ONCE) {
      const to = Math.min(from + FRAMES_AT_ONCE, cases.length);
      for (const index of await visit(page, `${url}/batch/${from}-${to}`)) ran.push(cases[index]);
    }
    return ran;
  } finally {
    await page.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

async function visit(page: Page, url: string): Promise<number[]> {
  await page.goto(url, { waitUntil: 'load' });
  await page.waitForTimeout(SETTLE_MS);
  await page.evaluate(VISIT);
  await page.waitForTimeout(SETTLE_MS);
  const ran = (await page.evaluate('Array.from(window.ran)')) as string[];
  return ran.map(Number);
}

async function serve(cases: readonly Ran[]): Promise<Server> {
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'text/html; charset=iso-8859-1');
    const batch = /^\/batch\/(\d+)-(\d+)$/.exec(request.url ?? '');
    const single = /^\/case\/(\d+)$/.exec(request.url ?? '');
    if (batch !== null) {
      const frames = [];
      for (let index = Number(batch[1]); index < Number(batch[2]); index++) {
        frames.push(
          `<iframe src="/case/${index}" sandbox="allow-scripts allow-same-origin allow-forms"></iframe>`,
        );
      }
      response.end(`<!doctype html><script>window.ran = new Set();</script>${frames.join('')}`);
    } else if (single !== null) {
      const { value, context } = cases[Number(single[1])];
      const page = `<!doctype html><body>${CONTEXTS[context].split('VALUE').join(value)}</body>`;
      response.end(Buffer.from(page, 'latin1'));
    } else {
      // Images, sources and frames that values name.
      response.statusCode = 404;
      response.end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
