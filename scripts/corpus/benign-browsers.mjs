// What browsers send in a session: pages, assets, forms, campaign links.
import { percentEncode } from '../../bench/detection/places.mjs';
import { SENTENCES, SYMBOLS, WORDS, jwt, person } from './vocabulary.mjs';

/** A marketing link as campaigns build it: tracking ids, encoded titles, sometimes a URL inside. */
function campaignTarget(draw) {
  const parameters = [
    ['utm_source', draw.pick(['newsletter', 'google', 'facebook', 'ig'])],
    ['utm_medium', draw.pick(['email', 'cpc', 'paid-social'])],
    [
      'utm_campaign',
      `${draw.pick(['Summer Sale', "Mother's Day", 'Black Friday', 'Win & Save'])} ${20 + draw.int(7)}% off!`,
    ],
    ['utm_content', `${draw.pick(WORDS)}|${draw.pick(WORDS)}|${draw.int(999)}`],
    ['utm_term', `${draw.pick(WORDS)} ${draw.pick(['or', 'and', '+', '-'])} ${draw.pick(WORDS)}`],
    ['gclid', `Cj0KCQ${draw.text(70, `${SYMBOLS.slice(0, 54)}-_`)}_wcB`],
    ['fbclid', `IwAR${draw.text(57)}`],
    ['mc_eid', draw.hex(10)],
    ['_hsenc', `p2ANqtz-${draw.text(40)}`],
    ['ref', 'https://blog.partner.example/best-shoes?id=7&sort=price'],
    ['redirect', '/checkout?step=2&coupon=SAVE10'],
    ['size[]', String(36 + draw.int(10))],
    ['price', `${draw.int(50)}..${50 + draw.int(200)}`],
    ['sort', '-price,name'],
    ['filter', '(color:blue;red)(brand:a&b)'],
    ['_', String(1_700_000_000_000 + draw.int(1e9))],
  ];
  const query = draw
    .some(parameters, 3 + draw.int(6))
    .map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`);
  const path = draw.pick([
    '/',
    '/sale',
    '/p/blue-shirt-xl',
    '/c/men/shoes',
    '/de/hilfe',
    '/blog/2024/11/why-or-how',
  ]);
  return `${path}?${query.join('&')}`;
}

function sessionCookie(draw) {
  const cookies = [
    ['_ga', `GA1.1.${draw.int(1e9)}.${draw.int(1e9)}`],
    ['_fbp', `fb.1.${1_700_000_000_000 + draw.int(1e9)}.${draw.int(1e9)}`],
    ['PHPSESSID', draw.text(26)],
    ['JSESSIONID', `${draw.hex(32).toUpperCase()}.node${draw.int(4)}`],
    ['connect.sid', `s%3A${draw.text(32)}.${percentEncode(draw.bytes(32).toString('base64'))}`],
    [
      'OptanonConsent',
      `isGpcEnabled=0&datestamp=Mon+Nov+18+2024+10%3A${10 + draw.int(50)}%3A00+GMT%2B0100&version=202409.1.0&groups=C0001%3A1%2CC0002%3A0`,
    ],
    [
      'cart',
      percentEncode(
        JSON.stringify({ items: [{ id: draw.int(900), n: 1, note: "it's a gift" }], total: 49.9 }),
      ),
    ],
    ['prefs', percentEncode(JSON.stringify({ lang: 'en', currency: '€', seen: ['a', 'b'] }))],
    ['token', jwt(draw)],
    ['XSRF-TOKEN', draw.bytes(48).toString('base64').replaceAll('=', '%3D')],
    ['last_search', percentEncode(`${draw.pick(WORDS)} ${draw.pick(WORDS)} "${draw.pick(WORDS)}"`)],
  ];
  return draw
    .some(cookies, 2 + draw.int(4))
    .map(([name, value]) => `${name}=${value}`)
    .join('; ');
}

const browserHeaders = (draw) => [
  ['accept', 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8'],
  ['accept-language', draw.pick(['de-DE,de;q=0.9,en;q=0.8', 'en-US,en;q=0.5', 'fr-CH, fr;q=0.9, *;q=0.5'])],
  ['accept-encoding', 'gzip, deflate, br, zstd'],
  ['sec-ch-ua', '"Chromium";v="142", "Not?A_Brand";v="99"'],
  ['sec-fetch-mode', 'navigate'],
  ['upgrade-insecure-requests', '1'],
  ['referer', `https://www.shop.example${campaignTarget(draw)}`],
  ['cookie', sessionCookie(draw)],
  [
    'user-agent',
    `Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${120 + draw.int(25)}.0.0.0 Safari/537.36`,
  ],
];

/** One request of a visitor: a page, an asset, a form. */
export function session(draw) {
  const headers = browserHeaders(draw);
  const form = (target, fields) => ({
    place: 'session_form',
    method: 'POST',
    target,
    headers: [
      ...headers,
      ['origin', 'https://www.shop.example'],
      ['content-type', 'application/x-www-form-urlencoded'],
    ],
    body: fields.map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`).join('&'),
  });
  const page = (target) => ({ place: 'session_page', method: 'GET', target, headers });
  return draw.pick([
    () => page(campaignTarget(draw)),
    () => page(`/search?q=${percentEncode(`${draw.pick(WORDS)} ${draw.pick(WORDS)}`)}&page=${draw.int(9)}`),
    () => page(`/assets/app.${draw.hex(8)}.js?v=${draw.int(99)}`),
    () => page(`/img/${percentEncode(`${draw.pick(WORDS)} (1) ${draw.pick(WORDS)}'s.jpg`)}`),
    () =>
      form('/login', [
        ['email', `kim+${draw.pick(WORDS)}@mail.example`],
        ['password', draw.text(10 + draw.int(14), SYMBOLS)],
        ['next', '/account?tab=orders'],
      ]),
    () =>
      form('/register', [
        ['user[name]', person(draw)],
        ['user[password]', draw.text(16, SYMBOLS)],
        ['user[terms]', '1'],
        ['utf8', '✓'],
        ['authenticity_token', draw.bytes(48).toString('base64')],
      ]),
    () =>
      form('/checkout', [
        ['name', person(draw)],
        ['street', `${draw.int(99)} King's Road; Apt. #${draw.int(20)}`],
        ['city', draw.pick(["Coeur d'Alene", 'Köln', 'São Paulo'])],
        ['vat', `DE${draw.int(1e9)}`],
        ['comment', draw.own(SENTENCES)],
        ['__VIEWSTATE', draw.bytes(120).toString('base64')],
      ]),
  ])();
}

/** A visit from an advertisement. */
export function campaign(draw) {
  return { place: 'query', method: 'GET', target: campaignTarget(draw), headers: [] };
}
