// Harmless traffic that looks like noise: pictures and documents in Base64, tokens, SAML, links with tracking in them.
import { deflateRawSync } from 'node:zlib';
import { percentEncode } from '../../bench/detection/places.mjs';
import { SENTENCES, WORDS, date, jwt, person, uuid } from './vocabulary.mjs';

const FORM = [['content-type', 'application/x-www-form-urlencoded']];
const JSON_TYPE = [['content-type', 'application/json']];
const get = (target, headers = []) => ({ place: 'query', method: 'GET', target, headers });
const pairs = (entries) => entries.map(([name, value]) => `${name}=${percentEncode(value)}`).join('&');

/** First bytes of files people send (their magic numbers), with noise behind. */
const MAGIC = {
  'image/png': [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
  'image/jpeg': [0xff, 0xd8, 0xff, 0xe0, 0x00, 0x10, 0x4a, 0x46],
  'image/gif': [0x47, 0x49, 0x46, 0x38, 0x39, 0x61],
  'application/pdf': [0x25, 0x50, 0x44, 0x46, 0x2d, 0x31, 0x2e, 0x37],
  'font/woff2': [0x77, 0x4f, 0x46, 0x32],
};

function samlResponse(draw) {
  const xml = `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_${draw.hex(32)}" Version="2.0" IssueInstant="${date(draw)}"><saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">https://idp.corp.example/saml</saml:Issuer><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status><saml:Assertion><ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignatureValue>${draw.bytes(128).toString('base64')}</ds:SignatureValue></ds:Signature><saml:NameID>${person(draw)}</saml:NameID><saml:Attribute Name="role"><saml:AttributeValue>${draw.pick(['admin', 'user', 'select-all'])}</saml:AttributeValue></saml:Attribute></saml:Assertion></samlp:Response>`;
  const encoded = Buffer.from(xml).toString('base64');
  return {
    place: 'form',
    method: 'POST',
    target: '/sso/acs',
    headers: [['origin', 'https://idp.corp.example'], ...FORM],
    body: pairs([
      ['SAMLResponse', encoded],
      ['RelayState', `https://app.corp.example/?next=/reports/${draw.int(99)}&tab=a`],
    ]),
  };
}

function samlRequest(draw) {
  const xml = `<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_${draw.hex(32)}" IssueInstant="${date(draw)}" AssertionConsumerServiceURL="https://app.corp.example/sso/acs"/>`;
  const deflated = deflateRawSync(Buffer.from(xml)).toString('base64');
  return get(
    `/sso/login?${pairs([
      ['SAMLRequest', deflated],
      ['SigAlg', 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256'],
      ['Signature', draw.bytes(128).toString('base64')],
    ])}`,
  );
}

function picture(draw) {
  const type = draw.pick(Object.keys(MAGIC));
  const bytes = Buffer.concat([Buffer.from(MAGIC[type]), draw.bytes(60 + draw.int(700))]);
  const text = bytes.toString('base64');
  return draw.pick([
    () => ({
      place: 'json',
      method: 'PUT',
      target: '/api/profile/picture',
      headers: JSON_TYPE,
      body: JSON.stringify({ name: `${draw.pick(WORDS)} (1).bin`, data: `data:${type};base64,${text}` }),
    }),
    () => ({
      place: 'form',
      method: 'POST',
      target: '/canvas/save',
      headers: FORM,
      body: pairs([
        ['title', draw.own(SENTENCES)],
        ['img', `data:${type};base64,${text}`],
      ]),
    }),
    () => ({
      place: 'multipart',
      method: 'POST',
      target: '/mail/attachments',
      headers: [['content-type', 'multipart/form-data; boundary=b7f3']],
      body: `--b7f3\r\nContent-Disposition: form-data; name="content"\r\n\r\n${text.replace(/.{76}/g, '$&\r\n')}\r\n--b7f3--\r\n`,
    }),
  ])();
}

function openIdConnect(draw) {
  const state = draw.bytes(24).toString('base64url');
  return draw.pick([
    () =>
      get(
        `/oauth/authorize?${pairs([
          ['response_type', 'code'],
          ['client_id', uuid(draw)],
          ['redirect_uri', 'https://app.shop.example/callback?from=login'],
          ['scope', 'openid profile email offline_access'],
          ['state', state],
          ['code_challenge', draw.bytes(32).toString('base64url')],
          ['code_challenge_method', 'S256'],
        ])}`,
      ),
    () =>
      get(
        `/callback?${pairs([
          ['code', `4/0A${draw.text(60)}`],
          ['state', state],
          ['id_token', jwt(draw)],
        ])}`,
      ),
    () => ({
      place: 'form',
      method: 'POST',
      target: '/oauth/token',
      headers: FORM,
      body: pairs([
        ['grant_type', 'urn:ietf:params:oauth:grant-type:jwt-bearer'],
        ['assertion', jwt(draw)],
        ['client_secret', draw.text(40, 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789~._-!$*')],
      ]),
    }),
  ])();
}

/** A secret, a certificate or a packed state, where programs keep such things. */
export function blob(draw) {
  return draw.pick([samlResponse, samlRequest, picture, picture, openIdConnect])(draw);
}

/** A link that was sent by mail or shown as an advertisement, with where it leads inside. */
export function tracking(draw) {
  const inner = `https://www.shop.example/${draw.pick(['sale', 'p/lamp', "l'atelier"])}?utm_source=${draw.pick(WORDS)}&utm_campaign=${percentEncode(draw.own(SENTENCES).slice(0, 30))}#${draw.pick(['top', 'reviews', '!/cart'])}`;
  return draw.pick([
    () =>
      get(`/track/click?u=${draw.hex(24)}&id=${draw.hex(10)}&e=${draw.hex(10)}&url=${percentEncode(inner)}`),
    () => get(`/r/${draw.bytes(90).toString('base64url')}`),
    () =>
      get(
        `/aclk?sa=l&ai=${draw.text(80)}&sig=AOD64_${draw.text(30)}&adurl=${percentEncode(percentEncode(inner))}`,
      ),
    () =>
      get(
        `/pixel.gif?v=1&tid=UA-${draw.int(1e7)}-1&dl=${percentEncode(inner)}&dt=${percentEncode(draw.own(SENTENCES))}&ua=&sr=1920x1080&ul=de-de&z=${draw.int(1e9)}`,
      ),
    () =>
      get(
        `/collect?v=2&gtm=45je4b${draw.int(99)}v87&_p=${draw.int(1e9)}&ep.value=${draw.int(99)}.5&ep.items=${percentEncode(JSON.stringify([{ id: 'A-1', n: '5" vase; it\'s new' }]))}`,
      ),
    () =>
      get('/', [
        ['referer', `https://l.social.example/l.php?u=${percentEncode(inner)}&h=AT${draw.text(50)}`],
      ]),
    () =>
      get(
        `/unsubscribe?m=${percentEncode(Buffer.from(`kim@mail.example|${draw.int(1e6)}`).toString('base64'))}&l=${draw.pick(['de', 'fr'])}`,
      ),
    () =>
      get(
        `/?${pairs([
          ['gad_source', '1'],
          ['gclid', `Cj0KCQ${draw.text(60)}`],
          ['keyword', `${draw.pick(WORDS)} + ${draw.pick(WORDS)}`],
          ['placement', 'news.example/a/b'],
          ['matchtype', 'e;b'],
        ])}`,
      ),
  ])();
}
