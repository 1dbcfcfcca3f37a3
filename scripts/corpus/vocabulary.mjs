// Words, names and tokens that generated harmless traffic is made of.
import { readFileSync } from 'node:fs';

const FIRST_NAMES = ['Kim', 'Anna', 'Søren', 'Zoë', 'Amina', 'José', "D'Arcy", 'Li Wei', 'Olga', 'Noah'];
const LAST_NAMES = ["O'Hara", 'Müller', 'Nguyễn', 'Smith-Jones', "D'Angelo", 'Ivanova', 'García', 'Okafor'];
export const WORDS =
  'order shirt blue select size table lamp or and union summer sale new gift card set update drop like'.split(
    ' ',
  );
/** Short texts of shops, tickets and commits; those at even and odd places serve different halves. */
export const SENTENCES = JSON.parse(
  readFileSync(new URL('../../corpus/seeds/benign/sentences.json', import.meta.url), 'utf8'),
);
export const SYMBOLS =
  'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789!"#$%&\'()*+,-./:;<=>?@[]^_`{|}~';

export const person = (draw) => `${draw.pick(FIRST_NAMES)} ${draw.pick(LAST_NAMES)}`;
export const uuid = (draw) => [8, 4, 4, 4, 12].map((length) => draw.hex(length)).join('-');
export const date = (draw) =>
  `20${20 + draw.int(7)}-0${1 + draw.int(9)}-1${draw.int(10)}T0${draw.int(10)}:3${draw.int(10)}:0${draw.int(10)}Z`;
const base64url = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
export const jwt = (draw) =>
  [
    base64url({ alg: draw.pick(['RS256', 'HS256', 'ES256']), typ: 'JWT', kid: draw.hex(8) }),
    base64url({
      iss: 'https://login.shop.example/',
      sub: uuid(draw),
      name: person(draw),
      iat: 1_700_000_000 + draw.int(1e7),
      scope: 'openid email',
    }),
    draw.bytes(32).toString('base64url'),
  ].join('.');
