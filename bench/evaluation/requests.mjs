// Seeded ordinary requests of five kinds, of the sizes and fields that proxies are compared with.
import { random } from '../stages/generate.mjs';

const WORDS =
  'amber autumn basket beach bicycle blanket bottle bridge brown camera candle canvas carpet castle chair cherry city clock coffee cotton curtain dinner door early evening family farm feather flower forest garden gentle golden green harbor hazel holiday honey island jacket kettle kitchen ladder lake lamp leather lemon letter linen little maple market meadow middle mirror morning mountain music narrow ocean olive orange paper pepper pillow planet pocket pottery quiet river round sailing sandy school silver sister small spring square station stone summer sunny table timber tomato travel umbrella valley velvet village violet walnut warm water window winter wooden yellow young'.split(
    ' ',
  );

/** The kinds and how many distinct requests of each a run rotates through. */
export const KINDS = { get: 256, query: 256, form: 256, 'json 4 KB': 256, 'json 64 KB': 32 };

/** Makers of words, names, numbers and texts from one seeded source. */
function sourceOf(seed) {
  const next = random(seed);
  const below = (n) => Math.floor(next() * n);
  const word = () => WORDS[below(WORDS.length)];
  const text = (length) => {
    let all = '';
    while (all.length < length) all += (all === '' ? '' : ' ') + word();
    return all;
  };
  return {
    word,
    text,
    number: (from, to) => from + below(to - from),
    name: () => word().replace(/^./, (letter) => letter.toUpperCase()),
    hex: (length) => Array.from({ length }, () => below(16).toString(16)).join(''),
  };
}

function headers({ word, hex, number }) {
  return [
    ['host', 'www.example.com'],
    [
      'user-agent',
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
    ],
    ['accept', 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8'],
    ['accept-language', 'en-US,en;q=0.9,de;q=0.7'],
    ['referer', `https://www.example.com/${word()}/${word()}`],
    [
      'cookie',
      `sid=${hex(32)}; theme=${word()}; _ga=GA1.2.${number(100_000, 999_999)}.${number(1_600_000, 1_800_000)}`,
    ],
  ];
}

function form(source) {
  const { word, name, number, text } = source;
  const fields = {
    first_name: name(),
    last_name: name(),
    email: `${word()}.${word()}@example.org`,
    phone: `+49 30 ${number(1_000, 9_999)} ${number(1_000, 9_999)}`,
    street: `${name()} ${number(1, 99)}`,
    city: name(),
    zip: String(number(10_000, 32_000)),
    country: 'Germany',
    product: `${name()} ${word()}`,
    quantity: String(number(1, 20)),
    newsletter: 'yes',
  };
  const short = new URLSearchParams(fields).toString();
  return `${short}&comment=${text(1_024).replaceAll(' ', '+')}`.slice(0, 1_024);
}

function order(source, bytes, noteLength) {
  const { word, name, number, text } = source;
  const items = [];
  let length = 300;
  while (length < bytes) {
    const item = {
      sku: `${name()}-${number(1_000, 9_999)}`,
      title: `${name()} ${word()}`,
      price: number(100, 40_000) / 100,
      quantity: number(1, 9),
      attributes: { color: word(), size: word() },
      note: text(noteLength),
    };
    items.push(item);
    length += JSON.stringify(item).length + 1;
  }
  const address = {
    street: `${name()} ${number(1, 99)}`,
    city: name(),
    geo: { lat: number(10_000, 60_000) / 1_000, lon: number(1_000, 30_000) / 1_000 },
  };
  const customer = { name: `${name()} ${name()}`, email: `${word()}@example.org`, address };
  const tags = [word(), word()];
  return JSON.stringify({
    order: { id: number(10_000, 32_000), customer, tags, gift: false, items },
  });
}

function search({ word, text, number }) {
  const q = text(14).replaceAll(' ', '+');
  return `/${word()}/${word()}?q=${q}&category=${word()}&page=${number(1, 40)}&sort=price&limit=${number(10, 50)}&color=${word()}`;
}

function post(source, target, type, body) {
  const fields = [
    ...headers(source),
    ['content-type', type],
    ['content-length', String(Buffer.byteLength(body))],
  ];
  return { method: 'POST', target, headers: fields, body };
}

function requestOf(kind, source) {
  switch (kind) {
    case 'get':
      return { method: 'GET', target: '/', headers: headers(source), body: undefined };
    case 'query':
      return { method: 'GET', target: search(source), headers: headers(source), body: undefined };
    case 'form':
      return post(source, '/account/update', 'application/x-www-form-urlencoded', form(source));
    case 'json 4 KB':
      return post(source, '/api/v1/orders', 'application/json', order(source, 4_096, 60));
    default:
      return post(source, '/api/v1/orders', 'application/json', order(source, 65_536, 400));
  }
}

/** The distinct requests of a kind. */
export function requestsOf(kind, seed) {
  const source = sourceOf(seed);
  return Array.from({ length: KINDS[kind] }, () => requestOf(kind, source));
}
