// The neutral form of labelled requests, one JSON object a line.
//
// The first line describes the collection:
//   {"collection": NAME, "source": WHERE, "licence": TEXT, "use": "tune" | "measure" | "split"}
// and every other line is a request:
//   {"label": "attack" | "benign", "class": TEXT, "place": TEXT, "encoding"?: TEXT, "family"?: TEXT,
//    "method": TEXT, "target": TEXT, "headers"?: [[NAME, VALUE], ...], "body"?: TEXT, "body_base64"?: TEXT}
//
// A missing `encoding` means plain. `target`, header values and `body` are text, sent as UTF-8; other bytes go into `body_base64`. `use` says what the
// data may serve for: rules are tuned on `tune`, only measured on `measure`, and of `split` one half is for either.
import { createHash } from 'node:crypto';
import { createReadStream, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** What an ordinary browser sends; added to requests that name no agent, so that a missing header is not the finding. */
const ORDINARY_HEADERS = [
  [
    'user-agent',
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
  ],
  ['accept', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'],
  ['accept-language', 'en-GB,en;q=0.7'],
];

const USES = ['tune', 'measure', 'split'];
const LABELS = ['attack', 'benign'];

/** The description, then every case, of one file or of all in a directory; errors name file and line. */
export async function* readCollection(path) {
  if (!statSync(path).isDirectory()) return yield* readFile(path);
  const names = readdirSync(path).filter((name) => name.endsWith('.ndjson'));
  for (const [index, name] of names.sort().entries()) {
    const lines = readFile(join(path, name));
    const { value: description } = await lines.next();
    if (index === 0) yield description;
    yield* lines;
  }
}

async function* readFile(path) {
  let number = 0;
  const lines = createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Infinity });
  for await (const line of lines) {
    number++;
    if (line === '') continue;
    let value;
    try {
      value = JSON.parse(line);
    } catch (error) {
      throw new Error(`${path}:${number}: ${error.message}`, { cause: error });
    }
    if (number === 1) {
      if (!USES.includes(value.use)) throw new Error(`${path}:1: \`use\` is none of ${USES.join(', ')}`);
      yield value;
    } else {
      if (!LABELS.includes(value.label) || value.method === undefined || value.target === undefined)
        throw new Error(`${path}:${number}: not a labelled request`);
      yield { headers: [], encoding: 'plain', ...value };
    }
  }
}

/**
 * The half of a case of a split collection. Drawn from the family, the payload or text that variants share: were it
 * drawn from each case, a rule tuned on one encoding would have seen the held-out ones.
 */
export function halfOf(family) {
  return createHash('sha256').update(family).digest()[0] % 2 === 0 ? 'tune' : 'held_out';
}

/** A case as the engine's `WrittenRequest`: latin1 text that stands for bytes. */
export function toWrittenRequest(given) {
  const headers = given.headers.map(([name, value]) => [name, latin1(value)]);
  if (!headers.some(([name]) => name.toLowerCase() === 'user-agent')) headers.push(...ORDINARY_HEADERS);
  return {
    method: given.method,
    target: latin1(given.target),
    from: '198.51.100.7',
    scheme: 'http',
    headers,
    body:
      given.body_base64 !== undefined
        ? Buffer.from(given.body_base64, 'base64').toString('latin1')
        : given.body === undefined
          ? undefined
          : latin1(given.body),
    answered: undefined,
  };
}

function latin1(text) {
  return Buffer.from(text, 'utf8').toString('latin1');
}
