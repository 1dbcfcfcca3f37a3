// Puts a text where clients put texts: each function returns the parts of a request that carries it there.

const FORM = [['content-type', 'application/x-www-form-urlencoded']];
const JSON_TYPE = [['content-type', 'application/json']];
const XML_TYPE = [['content-type', 'application/xml']];
const BOUNDARY = 'wardformboundary7f3a';
const MULTIPART = [['content-type', `multipart/form-data; boundary=${BOUNDARY}`]];

/** Percent-encodes all that is not unreserved, so that the place decodes to exactly the text. */
export function percentEncode(text) {
  return Buffer.from(text, 'utf8').reduce((encoded, byte) => {
    const char = String.fromCharCode(byte);
    return (
      encoded + (/[A-Za-z0-9._~-]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
    );
  }, '');
}

function xmlEscape(text) {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
}

function multipart(disposition, content) {
  const body = `--${BOUNDARY}\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n${content}\r\n--${BOUNDARY}--\r\n`;
  return { method: 'POST', target: '/upload', headers: MULTIPART, body };
}

const get = (target, headers = []) => ({ method: 'GET', target, headers });
const post = (target, headers, body) => ({ method: 'POST', target, headers, body });
const quoted = (text) => text.replace(/["\\]/g, '\\$&').replace(/[\r\n]/g, ' ');

/** Text that a field line can carry (RFC 9110, section 5.5): no control but tab, no space at the ends. */
export function fitsHeader(text) {
  return !/[\0-\x08\x0a-\x1f\x7f]|^[ \t]|[ \t]$/.test(text);
}

/** By name. `wire` of the texts given to `raw` places is sent as it is. */
export const PLACES = {
  query: (text) => get(`/search?q=${percentEncode(text)}&page=1`),
  query_name: (text) => get(`/search?${percentEncode(text)}=1`),
  path: (text) => get(`/items/${percentEncode(text)}/view`),
  cookie: (text) => get('/account', [['cookie', `theme=dark; prefs=${percentEncode(text)}`]]),
  user_agent: (text) => get('/', [['user-agent', text]]),
  referer: (text) => get('/', [['referer', `https://shop.example/list?from=${percentEncode(text)}`]]),
  header: (text) => get('/', [['x-forwarded-host', text]]),
  form: (text) => post('/comments', FORM, `author=kim&text=${percentEncode(text)}`),
  form_name: (text) => post('/comments', FORM, `${percentEncode(text)}=1&author=kim`),
  json: (text) => post('/api/items', JSON_TYPE, JSON.stringify({ id: 7, item: { note: text }, tags: ['a'] })),
  json_key: (text) => post('/api/items', JSON_TYPE, JSON.stringify({ id: 7, [text]: true })),
  multipart: (text) => multipart('name="text"', text),
  filename: (text) => multipart(`name="file"; filename="${quoted(text)}"`, 'plain content'),
  xml: (text) => post('/api/order', XML_TYPE, `<order><note>${xmlEscape(text)}</note></order>`),
  xml_attribute: (text) => post('/api/order', XML_TYPE, `<order note="${xmlEscape(text)}"/>`),
  json_in_query: (text) => get(`/list?filter=${percentEncode(JSON.stringify({ name: text }))}`),
};
