// Payloads on scripts and templates that collections keep otherwise than one a line: as members of JSON or of a program,
// as blocks of code in Markdown.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesUnder, linesOf, payloadRequest } from './sending.mjs';

const PAYLOAD_CHARS_MIN = 4;
/** Beyond that a block is a page or a program about an attack. */
const BLOCK_CHARS_MAX = 4_000;
const ENTRIES_MAX = 2_500;

/** Each text once, those that are too short to attack anything by themselves left out, long lists thinned out evenly. */
function* requestsOf(kind, texts) {
  const all = [...new Set(texts)].filter(
    (text) => text.trim().length >= PAYLOAD_CHARS_MIN && text.length <= BLOCK_CHARS_MAX,
  );
  const step = Math.max(1, all.length / ENTRIES_MAX);
  for (let at = 0; at < all.length; at += step) yield payloadRequest(kind, all[Math.floor(at)]);
}

/** Values of `key`, at any depth, of all JSON files in a folder. */
function* membersOf(directory, folder, key, left = /^$/) {
  for (const file of filesUnder(join(directory, folder), '.json')) {
    if (!left.test(file)) yield* membersNamed(JSON.parse(readFileSync(file, 'utf8')), key);
  }
}

function* membersNamed(value, key) {
  if (value === null || typeof value !== 'object') return;
  for (const [name, member] of Object.entries(value)) {
    if (name === key && typeof member === 'string') yield member;
    else yield* membersNamed(member, key);
  }
}

/** A cheat sheet of XSS; what does not work in any browser is left out. */
export function* cheatSheetRequests(directory) {
  yield* requestsOf('xss', membersOf(directory, 'json', 'code', /impossible|content-types|file_uploads/));
}

/** String literals of a program that match: `take` gives the text of one. */
function* literalsOf(file, pattern) {
  for (const [, literal] of readFileSync(file, 'utf8').matchAll(pattern)) {
    try {
      yield JSON.parse(`"${literal.replace(/\\'/g, "'").replace(/\\`/g, '`').replace(/\\\//g, '/')}"`);
    } catch {
      // Escapes that JSON does not have.
    }
  }
}

/** The shortest payloads that are known. */
export function* tinyRequests(directory) {
  const file = join(directory, 'payloads.js');
  const texts = [
    ...readFileSync(file, 'utf8').matchAll(/html: (?:'((?:[^'\\]|\\.)*)'|`((?:[^`\\]|\\.)*)`)/g),
  ];
  yield* requestsOf(
    'xss',
    texts.map(([, quoted, template]) => (quoted ?? template).replace(/\\([\\'`/$])/g, '$1')),
  );
}

/** Payloads that a scanner carries; those with a place left for a marker are completed. */
export function* scannerRequests(directory) {
  const files = filesUnder(join(directory, 'src/payload'), '.rs').filter(
    (file) => !/tests|mining|remote/.test(file),
  );
  const texts = files.flatMap((file) => [...literalsOf(file, /^\s*"((?:[^"\\\n]|\\.)*)",/gm)]);
  yield* requestsOf(
    'xss',
    texts
      .filter((text) => /[(`=<]/.test(text))
      .map((text) => text.replace(/\{[A-Z_]*\}|CLASS|CALLBACK/g, 'x1')),
  );
}

/** Inputs of a sanitizer's tests that its output had to change, and that do not only show something. */
export function* sanitizerRequests(directory) {
  const file = join(directory, 'test/fixtures/expect.mjs');
  const texts = [...literalsOf(file, /"payload":\s*"((?:[^"\\]|\\.)*)"/g)];
  yield* requestsOf(
    'xss',
    texts.filter((text) => /alert|javascript:|script|xss/i.test(text)),
  );
}

/** Blocks of code in Markdown, fenced or indented: each line of one, or the block where lines belong together. */
export function* blocksOf(file, { isWhole = false, isFenced = true } = {}) {
  const text = readFileSync(file, 'utf8');
  const blocks = isFenced
    ? [...text.matchAll(/^[ \t]*```\w*[ \t]*\n([\s\S]*?)^[ \t]*```/gm)].map(([, block]) => block)
    : [...text.matchAll(/(?:^(?: {4}|\t).*\n)+/gm)].map(([block]) => block);
  for (const block of blocks) {
    const margin = Math.min(
      ...block
        .split('\n')
        .filter((line) => line.trim() !== '')
        .map((line) => line.length - line.trimStart().length),
    );
    const lines = block.split('\n').map((line) => line.slice(margin).trimEnd());
    if (isWhole) yield lines.join('\n').trim();
    else yield* lines.filter((line) => line.trim() !== '');
  }
}

/** Scripts without parentheses, and a list of markup. */
export function* parenlessRequests(directory) {
  yield* requestsOf('xss', [
    ...linesOf(join(directory, 'Payloads.txt')).filter((line) => !line.startsWith('#')),
    ...blocksOf(join(directory, 'Without-Parentheses.md'), { isWhole: true, isFenced: false }),
  ]);
}

/** Lists of XSS payloads one a line, whatever the files' names. */
export const xssLines = (files) =>
  function* (directory) {
    yield* requestsOf(
      'xss',
      files.flatMap((file) => linesOf(join(directory, file))),
    );
  };

export const lines = (kind, file) =>
  function* (directory) {
    yield* requestsOf(kind, linesOf(join(directory, file)));
  };

/** Documents that begin at a line with `<?xml` or `<!DOCTYPE`, in a list that separates them by blank lines. */
export function* xmlDocumentRequests(directory) {
  const file = join(directory, 'Intruder/xxe-injection-payload-list.txt.txt');
  const parts = readFileSync(file, 'utf8').split(/\n\s*\n/);
  yield* requestsOf(
    'xxe',
    parts.map((part) => part.trim()).filter((part) => /<!(?:DOCTYPE|ENTITY)|<xi:include/.test(part)),
  );
}

/** Pages of a book on attacks -> class. Its blocks also hold commands to run and answers, so nobody should refuse all. */
const PAGES = [
  [/Server Side Template Injection\/(?!README)/, 'template'],
  [/XSS Injection\/(?:README|1|2|3|5)/, 'xss'],
  [/Prototype Pollution\/README/, 'node'],
  [/LDAP Injection\/README/, 'ldapi'],
  [/XPATH Injection\/README/, 'xpathi'],
  [/NoSQL Injection\/README/, 'nosqli'],
  [/XXE Injection\/README/, 'xxe'],
  [/XSLT Injection\/README/, 'xxe'],
  [/Insecure Deserialization\/(?:PHP|Node|Java|DotNET|Ruby|Python)/, 'deserialisation'],
  [/Server Side Include Injection\/README/, 'inclusion'],
  [/LaTeX Injection\/README/, 'template'],
];

export function* attackBookRequests(directory) {
  for (const file of filesUnder(directory, '.md')) {
    const kind = PAGES.find(([pattern]) => pattern.test(file))?.[1];
    if (kind === undefined) continue;
    yield* requestsOf(kind, blocksOf(file, { isWhole: kind === 'xxe' }));
  }
}
