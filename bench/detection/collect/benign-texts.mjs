// Collections of harmless texts: books, declarations in many languages, documentation, logs, webhooks, user agents.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fitsHeader } from '../places.mjs';
import { agentRequest, filesUnder, jsonRequest, linesOf, proseRequest } from './sending.mjs';

const LOG_LINES_IN_A_POST = 12;
const DOCUMENTS_MAX = 6_000;

const unescapeXml = (text) =>
  text
    .replace(/<[^>]*>/g, '')
    .replace(/&(lt|gt|quot|apos|amp|#x?[0-9a-f]+);/gi, (whole, name) => {
      if (name.startsWith('#')) return String.fromCodePoint(Number(`0${name.slice(1)}`));
      return { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' }[name.toLowerCase()] ?? whole;
    })
    .replace(/\s+/g, ' ')
    .trim();

/** Paragraphs of a book in plain text. */
export function* bookRequests(directory) {
  for (const file of filesUnder(directory, '.txt')) {
    if (!/-0\.txt$|\/book\.txt$/.test(file)) continue;
    for (const paragraph of readFileSync(file, 'utf8').split(/\r?\n\s*\r?\n/)) {
      const text = paragraph.trim();
      if (text.length > 40) yield proseRequest('book', text);
    }
  }
}

/** Paragraphs of a book in XHTML. */
export function* xhtmlBookRequests(directory) {
  for (const file of filesUnder(join(directory, 'src/epub/text'), '.xhtml')) {
    for (const [, inner] of readFileSync(file, 'utf8').matchAll(/<p\b[^>]*>([\s\S]*?)<\/p>/g)) {
      yield proseRequest('book', unescapeXml(inner));
    }
  }
}

/** The Universal Declaration of Human Rights: a few paragraphs of each language. */
export function* declarationRequests(directory) {
  for (const file of filesUnder(join(directory, 'declaration'), '.html')) {
    const paragraphs = [...readFileSync(file, 'utf8').matchAll(/<p\b[^>]*>([\s\S]*?)<\/p>/g)];
    for (const [, inner] of paragraphs.slice(2, 14)) {
      const text = unescapeXml(inner);
      if (text !== '') yield proseRequest('language', text);
    }
  }
}

/** Pages of documentation in Markdown, posted whole as people post them into issues and wikis. */
export function* markdownRequests(directory) {
  const files = filesUnder(directory, '.md');
  const step = Math.max(1, Math.floor(files.length / DOCUMENTS_MAX));
  for (let at = 0; at < files.length; at += step) {
    const text = readFileSync(files[at], 'utf8');
    if (text.trim() !== '') yield proseRequest('markdown', text);
  }
}

/** Sections of manuals, each as long as a post in a forum. What teaches attacks is left out: it shows them. */
export function* sectionRequests(directory, folder, kind) {
  for (const file of filesUnder(join(directory, folder), '.md')) {
    if (/security|translation/i.test(file)) continue;
    for (const section of readFileSync(file, 'utf8').split(/\n(?=#{1,4} )/)) {
      if (section.trim().length > 80) yield proseRequest(kind, section.trim());
    }
  }
}

/** JSON documents of many programs' configuration. */
export function* jsonDocumentRequests(directory) {
  for (const file of filesUnder(join(directory, 'src/test'), '.json')) {
    yield jsonRequest('document', '/api/documents', readFileSync(file, 'utf8'));
  }
}

/** Objects of a payment service, as it posts them in events. */
export function* paymentRequests(directory) {
  const { resources } = JSON.parse(readFileSync(join(directory, 'openapi/fixtures3.json'), 'utf8'));
  for (const [name, object] of Object.entries(resources)) {
    const event = { id: 'evt_1', object: 'event', type: `${name}.updated`, data: { object } };
    yield jsonRequest('webhook', '/hooks/payment', JSON.stringify(event, null, 2));
  }
}

/** Some lines of a log, pasted. */
export function* logRequests(directory) {
  for (const file of filesUnder(directory, '.log')) {
    const lines = linesOf(file);
    for (let at = 0; at < lines.length; at += LOG_LINES_IN_A_POST) {
      yield proseRequest('log', lines.slice(at, at + LOG_LINES_IN_A_POST).join('\n'));
    }
  }
}

/** Example payloads of webhooks, sent as services send them. */
export function* webhookRequests(directory) {
  for (const file of filesUnder(join(directory, 'payload-examples'), '.payload.json')) {
    const event = file.split('/').at(-2);
    const headers = [
      ['user-agent', 'GitHub-Hookshot/044aadd'],
      ['accept', '*/*'],
      ['content-type', 'application/json'],
      ['x-github-event', event],
      ['x-github-delivery', '72d3162e-cc78-11e3-81ab-4c9367dc0958'],
    ];
    yield {
      label: 'benign',
      class: 'webhook',
      place: 'json',
      method: 'POST',
      target: '/hooks',
      headers,
      body: readFileSync(file, 'utf8'),
    };
  }
}

/** Examples of agents that crawlers send. Scanners among them are attacks to some and are left out. */
export function* agentRequests(directory) {
  const entries = JSON.parse(readFileSync(join(directory, 'crawler-user-agents.json'), 'utf8'));
  for (const { instances, tags = [] } of entries) {
    if (tags.includes('scanner')) continue;
    for (const agent of instances) if (fitsHeader(agent)) yield agentRequest('crawler', agent);
  }
}
