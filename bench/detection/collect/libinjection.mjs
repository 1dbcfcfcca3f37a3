// The test data of libinjection: lines percent-encoded as in a form, `#` begins a comment.
import { join } from 'node:path';
import { filesUnder, linesOf, payloadRequest, proseRequest } from './sending.mjs';

export function* libinjectionRequests(directory) {
  const seen = new Set();
  for (const file of filesUnder(join(directory, 'data'), '.txt')) {
    const [, kind] = /\/(sqli|xss)-[^/]*$/.exec(file) ?? [];
    if (kind === undefined) continue;
    for (const text of textsOf(file)) {
      if (!seen.has(text)) yield payloadRequest(kind, text);
      seen.add(text);
    }
  }
}

/** Texts that a detector of SQL once took for an attack. */
export function* lookalikeRequests(directory) {
  for (const text of textsOf(join(directory, 'data/false_positives.txt')))
    yield proseRequest('lookalike', text);
}

function textsOf(file) {
  return linesOf(file)
    .filter((line) => !line.startsWith('#'))
    .map((line) => decode(line.replaceAll('+', ' ')));
}

function decode(text) {
  const bytes = text.replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  return /[^\0-\x7f]/.test(bytes) ? Buffer.from(bytes, 'latin1').toString('utf8') : bytes;
}
