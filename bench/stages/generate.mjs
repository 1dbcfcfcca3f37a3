// A seeded policy of any size: rules with distinct literals over arguments, headers and cookies, as detection rules have.

/** Mulberry32: small, fast and the same everywhere. */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

function word(next, length) {
  let text = '';
  for (let i = 0; i < length; i++) text += LETTERS[Math.floor(next() * LETTERS.length)];
  return text;
}

const SHAPES = [
  (a, b) => `/\\b${a}\\s{1,20}${b}\\b/`,
  (a, b) => `/${a}\\s*\\([^)]{0,60}${b}/`,
  (a, b) => `/(?:${a}|${b})[\\s"'=]{1,10}\\w+/`,
  (a, b) => `/<\\s*${a}[^>]{0,80}${b}\\s*=/`,
  (a, b) => `/[;|&]\\s{0,5}${a}\\b.{0,40}${b}/`,
];
const CHAINS = [
  '|> gen_canon',
  '|> percent_decode(2) |> lower',
  '|> html_decode |> lower',
  '|> lower |> squeeze',
  '',
];
const SELECTIONS = [
  'args',
  'args',
  'gen_inputs',
  'request.headers',
  'request.cookies',
  'request.headers["user-agent"]',
  'args.names',
];

/** The text of `count` regex rules. Their vocabulary has names of its own, so that they stand beside the shipped rules. */
export function rulesOf(count, seed = 1) {
  const next = random(seed);
  const pick = (list) => list[Math.floor(next() * list.length)];
  const rules = Array.from({ length: count }, (_, index) => {
    const regex = pick(SHAPES)(
      word(next, 5 + Math.floor(next() * 4)),
      word(next, 4 + Math.floor(next() * 3)),
    );
    return `rule gen.r${index} "generated ${index}" {
  severity critical
  when any ${pick(SELECTIONS)} ${pick(CHAINS)} matches ${regex}
  then score to generated
  examples { hit GET "/" miss GET "/" }
}`;
  });
  return `language 1
targets gen_inputs = args, args.names, request.cookies
fn gen_canon(s: String): String = s |> percent_decode(3) |> html_decode |> nfkc |> lower |> squeeze
${rules.join('\n')}
`;
}

const WORDS =
  'the quick order of three blue shirts was shipped to Anna at Main Street 12 and paid with a gift card'.split(
    ' ',
  );

function sentence(next, words) {
  return Array.from({ length: words }, () => WORDS[Math.floor(next() * WORDS.length)]).join(' ');
}

/** GET with 10 headers, 3 cookies and 6 arguments. `variety`: how many different field values there are. */
export function getRequest(next, variety) {
  const n = Math.floor(next() * variety);
  const args = Array.from(
    { length: 6 },
    (_, i) => `p${i}=${encodeURIComponent(sentence(next, 1 + Math.floor(next() * 4)))}`,
  );
  return {
    method: 'GET',
    target: `/catalogue/items?${args.join('&')}`,
    headers: [
      ['host', 'shop.example'],
      ['user-agent', `Mozilla/5.0 (X11; Linux x86_64; rv:${n}.0) Gecko/20100101 Firefox/${n}.0`],
      ['accept', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'],
      ['accept-language', `en-GB,en;q=0.${n % 10}`],
      ['accept-encoding', 'gzip, deflate, br'],
      ['referer', `https://shop.example/catalogue/${n}`],
      ['cookie', `sid=${(n * 2654435761).toString(16)}; theme=dark${n}; cart=${n * 7919}`],
      ['sec-fetch-dest', 'document'],
      ['sec-fetch-mode', 'navigate'],
      ['upgrade-insecure-requests', '1'],
    ],
    body: undefined,
  };
}

/** POST of a JSON document of about `bytes` bytes: orders as an API takes them, seven fields of the usual kinds each. */
export function jsonRequest(next, bytes, variety) {
  const items = [];
  while (JSON.stringify({ customer: 'c-1', items }).length < bytes) {
    const n = Math.floor(next() * 1e9);
    items.push({
      id: `7b3e9a58-1f0e-4c3a-9a52-${String(n).padStart(12, '0')}`,
      qty: 1 + Math.floor(next() * 9),
      name: sentence(next, 2),
      created: `2026-06-${10 + (n % 20)}T12:34:${10 + (n % 50)}.789Z`,
      email: `anna.smith${n % 1000}@example.com`,
      note: sentence(next, 30),
      active: true,
    });
  }
  const get = getRequest(next, variety);
  return {
    ...get,
    method: 'POST',
    target: '/orders',
    headers: [...get.headers.slice(0, 7), ['content-type', 'application/json']],
    body: JSON.stringify({ customer: 'c-1', items }),
  };
}
