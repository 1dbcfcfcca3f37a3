// The payloads of waf-bypass: one JSON file a case, that names zones of a request and encodings of what goes there.
import { readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { filesUnder } from './sending.mjs';

const FORM = 'application/x-www-form-urlencoded';
const BOUNDARY = 'wardcollectionboundary';

const htmlEscape = (text) =>
  text.replace(
    /[&<>"']/g,
    (char) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#x27;' })[char],
  );

const ENCODERS = {
  Base64: (text) => Buffer.from(text).toString('base64'),
  'UTF-16': (text) => [...text].map((char) => `\\u00${char.codePointAt(0).toString(16)}`).join(''),
  'HTML-ENTITY': (text) => encodeURIComponent(htmlEscape(text)).replaceAll('%20', '+'),
};

/** Values are encoded, names are not, as the tool does for arguments and forms. */
function encodePairs(text, encode) {
  return text
    .split('&')
    .map((pair) => {
      const at = pair.indexOf('=');
      return at < 0 ? encode(pair) : `${pair.slice(0, at + 1)}${encode(pair.slice(at + 1))}`;
    })
    .join('&');
}

const inTarget = (text) => text.replace(/[^!-~]|["<>\\^`{|}#]/gu, encodeURIComponent);
const inHeader = (text) => text.replace(/[\r\n\0]/g, ' ').trim();

const ZONES = {
  URL: (text) => ({ target: inTarget(text.startsWith('/') ? text : `/${text}`) }),
  ARGS: (text) => ({ target: `/?${inTarget(text)}` }),
  BODY: (text, type) => ({ headers: [['content-type', type]], body: text }),
  COOKIE: (text) => ({ headers: [['cookie', `session=${inHeader(text)}`]] }),
  'USER-AGENT': (text) => ({ headers: [['user-agent', inHeader(text)]] }),
  REFERER: (text) => ({ headers: [['referer', inHeader(text)]] }),
  HEADER: (text) => ({ headers: [['x-custom', inHeader(text)]] }),
};

export function* wafBypassRequests(directory, label) {
  const root = join(directory, 'utils/payload');
  for (const file of filesUnder(root, '.json')) {
    const [given] = JSON.parse(readFileSync(file, 'utf8')).payload;
    if ((given.BLOCKED === false) !== (label === 'benign')) continue;
    const [kind] = relative(root, file).split(sep);
    for (const [zone, build] of Object.entries(ZONES)) {
      if (!given[zone]) continue;
      const text = given[zone].replaceAll('%RND%', '5f3a1c');
      for (const { encoding, sent, type } of sendings(kind, zone, text, given)) {
        const method = (given.METHOD || (zone === 'BODY' ? 'POST' : 'GET')).toUpperCase();
        const body = kind === 'MFD' && !given.BOUNDARY ? inPart(sent) : sent;
        yield {
          label,
          class: kind,
          place: zone,
          encoding,
          method,
          target: '/',
          headers: [],
          ...build(body, type),
        };
      }
    }
  }
}

function* sendings(kind, zone, text, given) {
  const isMultipart = kind === 'MFD';
  const isJson = given.JSON === true || kind === 'API';
  const type = isMultipart
    ? `multipart/form-data; boundary=${given.BOUNDARY || BOUNDARY}`
    : isJson
      ? 'application/json'
      : FORM;
  yield { encoding: 'plain', sent: text, type };
  if (isMultipart || isJson || zone === 'URL') return;
  for (const encoding of (given.ENCODE || '').split(/[\s,]+/).filter((name) => name !== '')) {
    const encode = ENCODERS[encoding];
    const isPaired = zone === 'ARGS' || zone === 'BODY';
    yield { encoding, sent: isPaired ? encodePairs(text, encode) : encode(text), type };
  }
}

function inPart(text) {
  return `--${BOUNDARY}\r\nContent-Disposition: form-data; name="field"\r\n\r\n${text}\r\n--${BOUNDARY}--\r\n`;
}
