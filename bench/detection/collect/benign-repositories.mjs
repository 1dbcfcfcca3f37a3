// Collections of harmless texts that lie about in repositories: samples of logs, configuration, bodies of webhooks, and
// manuals. benign-texts.mjs has those that were made as collections.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { filesUnder, jsonRequest, linesOf, proseRequest } from './sending.mjs';

const LINES_IN_A_POST = 12;
const DOCUMENTS_MAX = 1_500;
/** A manual may show an attack where it teaches to prevent it: such pages are no harmless texts. */
const TEACHES_ATTACKS = /security|injection|xss|csrf|translation/i;
/** What logs of services that are attacked show is the attack. */
const RECORDS_ATTACKS = /apache|nginx|lighttpd|php|cowrie|web_|modsecurity|snort|suricata|haproxy|traefik/i;

/** Every `step`-th so that at most DOCUMENTS_MAX are taken, spread over the repository. */
function* spread(files) {
  const step = Math.max(1, files.length / DOCUMENTS_MAX);
  for (let at = 0; at < files.length; at += step) yield files[Math.floor(at)];
}

/** Lines as they are pasted into tickets: one alone, then some together. */
function* pastedLines(lines) {
  for (const line of lines.slice(0, LINES_IN_A_POST)) yield proseRequest('log', line);
  for (let at = 0; at < lines.length; at += LINES_IN_A_POST) {
    yield proseRequest('log', lines.slice(at, at + LINES_IN_A_POST).join('\n'));
  }
}

/** Logs whose file names end in a number or `.log`, as a viewer of logs is tested with. */
export function* viewerLogRequests(directory) {
  for (const file of filesUnder(join(directory, 'test'), '')) {
    if (!/\/(?:logfile_[^/]*|sample-[0-9a-f]+\.txt)$/.test(file)) continue;
    if (/ansi|utf8|openam|uwsgi|w3c/.test(file)) continue;
    yield* pastedLines(linesOf(file));
  }
}

/** Lines that a watcher of logs is tested with; remarks stand behind `#`. */
export function* watcherLogRequests(directory) {
  for (const file of filesUnder(join(directory, 'fail2ban/tests/files/logs'), '')) {
    if (RECORDS_ATTACKS.test(file)) continue;
    yield* pastedLines(linesOf(file).filter((line) => !line.startsWith('#')));
  }
}

/** `log 1 pass = line` of an intrusion detector's tests. */
export function* detectorLogRequests(directory) {
  for (const file of filesUnder(join(directory, 'contrib/ossec-testing/tests'), '.ini')) {
    if (RECORDS_ATTACKS.test(file)) continue;
    const found = [...readFileSync(file, 'utf8').matchAll(/^log \d+ \w+ ?= ?(.+)$/gm)];
    yield* pastedLines(found.map(([, line]) => line));
  }
}

/** JSON files as somebody saves them through an interface. Comments and trailing commas are no JSON: left out. */
export const jsonFileRequests = (folder, wanted) =>
  function* (directory) {
    const files = filesUnder(join(directory, folder), '.json').filter((file) => wanted.test(file));
    for (const file of spread(files)) {
      const text = readFileSync(file, 'utf8');
      if (isJson(text)) yield jsonRequest('document', '/api/documents', text);
    }
  };

function isJson(text) {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}

/** Configuration in YAML: as JSON, the way interfaces take it, and as the text, the way people paste it. */
export function* yamlRequests(directory) {
  const files = [...filesUnder(directory, '.yml'), ...filesUnder(directory, '.yaml')];
  for (const file of spread(files)) {
    const text = readFileSync(file, 'utf8');
    yield proseRequest('document', text);
    for (const document of parseAllDocuments(text, { logLevel: 'silent' })) {
      if (document.errors.length > 0 || document.contents === null) continue;
      yield jsonRequest('document', '/api/documents', JSON.stringify(document.toJS(), null, 2));
    }
  }
}

/** Bodies that services of source control post. */
export const hookRequests = (wanted) =>
  function* (directory) {
    for (const file of filesUnder(directory, '.json')) {
      if (wanted.test(file)) yield jsonRequest('webhook', '/hooks', readFileSync(file, 'utf8'));
    }
  };

/** Sections of a manual in Markdown, AsciiDoc or reStructuredText, as long as a post in a forum. */
export const manualRequests = (folder, ending, kind) =>
  function* (directory) {
    const heading = { '.md': /\n(?=#{1,4} )/, '.asc': /\n(?==+ )/, '.rst': /\n(?=[^\n]+\n[-=~"'.^]{3,}\n)/ }[
      ending
    ];
    for (const file of filesUnder(join(directory, folder), ending)) {
      if (TEACHES_ATTACKS.test(file)) continue;
      for (const section of readFileSync(file, 'utf8').split(heading)) {
        const text = section.trim();
        if (text.length > 80) yield proseRequest(kind, text);
      }
    }
  };
