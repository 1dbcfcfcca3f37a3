// The request mixes of the load bench. Bodies are made from a seed, so that every run sends the same bytes.

const BROWSER_HEADERS = {
  host: 'shop.example.com',
  'user-agent':
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
  accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
  'accept-language': 'en-GB,en;q=0.7,de;q=0.3',
  'accept-encoding': 'gzip, deflate, br',
  referer: 'https://shop.example.com/category/outdoor?page=2&sort=price',
  'upgrade-insecure-requests': '1',
  'sec-fetch-site': 'same-origin',
  'sec-fetch-mode': 'navigate',
  cookie:
    'session=eyJhbGciOiJIUzI1NiJ9.c2Vzc2lvbi0xMjM0.3QkT0xw; theme=dark; _ga=GA1.2.1234567890.1700000000',
};

const WORDS =
  'the order customer from address street London mountain bike helmet blue large payment card delivery express gift message happy birthday please leave with neighbour thank you'.split(
    ' ',
  );

/** Mulberry32: small, seeded, the same everywhere. */
function seeded(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function sentence(random, length) {
  let text = '';
  while (text.length < length) text += `${text ? ' ' : ''}${WORDS[Math.floor(random() * WORDS.length)]}`;
  return text.slice(0, length);
}

function form(bytes) {
  const random = seeded(1);
  const fields = new URLSearchParams();
  for (let index = 0; fields.toString().length < bytes - 120; index++) {
    fields.append(`field_${index}`, index % 3 === 2 ? 'anna.smith@example.com' : sentence(random, 40));
  }
  return fields.toString();
}

function json(bytes) {
  const random = seeded(2);
  const items = [];
  for (let index = 0; JSON.stringify({ items }).length < bytes; index++) {
    items.push({
      id: `7b3e9a58-1f0e-4c3a-9a52-${String(index).padStart(12, '0')}`,
      qty: Math.floor(random() * 100),
      name: sentence(random, 12),
      created: '2026-06-11T12:34:56.789Z',
      email: `anna.smith${index}@example.com`,
      note: sentence(random, 160),
      active: true,
    });
  }
  return JSON.stringify({ items });
}

function upload(bytes) {
  const boundary = 'ward-bench-boundary';
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="f"; filename="a.bin"\r\nContent-Type: application/octet-stream\r\n\r\n`;
  return {
    type: `multipart/form-data; boundary=${boundary}`,
    body: Buffer.concat([
      Buffer.from(head),
      Buffer.alloc(bytes, 0x61),
      Buffer.from(`\r\n--${boundary}--\r\n`),
    ]),
  };
}

/** name → how to ask for it. `amount` bounds mixes whose requests are too big to run by time. */
export function mixes() {
  const file = upload(64 * 1024 * 1024);
  const post = (type, body) => ({
    method: 'POST',
    path: '/orders',
    headers: { ...BROWSER_HEADERS, 'content-type': type },
    body,
  });
  return {
    get: { method: 'GET', path: '/products/outdoor', headers: BROWSER_HEADERS },
    query: {
      method: 'GET',
      path: '/products/outdoor?q=mountain+bike&page=2&sort=price_asc&brand=trek&min=100&ref=homepage-banner',
      headers: BROWSER_HEADERS,
    },
    form1k: post('application/x-www-form-urlencoded', form(1024)),
    json4k: post('application/json', json(4096)),
    json64k: post('application/json', json(65_536)),
    upload64m: { ...post(file.type, file.body), connections: 2, amount: 12 },
  };
}
