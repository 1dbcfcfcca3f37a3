// Tokens: CPU µs of one request's check, seen for the first time and from memory, as the entry step does it (look for the
// token in a browser's head, judge it, hand on claims). The best of many batches, CPU time of the whole process, so that
// a busy machine shows nearly the same; what OpenSSL alone takes stands beside it. Exits with 1 above the bars.
// Run after `npm run build`: node bench/micro/jwt.mjs
import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { systemClock } from '../../dist/core/clock.js';
import { KeyRing } from '../../dist/identity/tokens/key-ring.js';
import { keySetFromJwks } from '../../dist/identity/tokens/key-set.js';
import { TokenVerifier } from '../../dist/identity/tokens/token-verifier.js';
import { TokenStep } from '../../dist/proxy/entry/token-step.js';

const BATCHES = 200;
const TOKENS = 40;
const COLD_BAR_US = 60;
const CACHED_BAR_US = 3;

const KINDS = {
  ES256: { make: ['ec', { namedCurve: 'P-256' }], digest: 'sha256', options: { dsaEncoding: 'ieee-p1363' } },
  RS256: { make: ['rsa', { modulusLength: 2048 }], digest: 'sha256', options: {} },
  PS256: {
    make: ['rsa', { modulusLength: 2048 }],
    digest: 'sha256',
    options: { padding: 6, saltLength: 32 },
  },
  EdDSA: { make: ['ed25519', {}], digest: null, options: {} },
};

const segment = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

function headOf(token) {
  const fields = [
    'host',
    'orders.example',
    'user-agent',
    'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0',
    'accept',
  ];
  fields.push(
    'application/json',
    'accept-language',
    'en-GB,en;q=0.7',
    'accept-encoding',
    'gzip, br',
    'cookie',
  );
  fields.push(
    'session=4711; theme=dark',
    'origin',
    'https://app.example',
    'authorization',
    `Bearer ${token}`,
  );
  return { head: { method: 'GET', path: '/orders/1', pathViews: [], fields, hasBody: false } };
}

function best(values) {
  return Math.min(...values);
}

/** CPU µs of one call over a batch of arguments. */
async function cpuUs(batch, call) {
  const before = process.cpuUsage();
  for (const argument of batch) {
    const answer = call(argument);
    if (answer instanceof Promise) await answer;
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / batch.length;
}

async function measure(algorithm) {
  const { make, digest, options } = KINDS[algorithm];
  const { privateKey, publicKey } = generateKeyPairSync(...make);
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'key-1', alg: algorithm, use: 'sig' };
  const keys = new KeyRing({ keepMs: Infinity, cooldownMs: 30_000, clock: systemClock, ask: undefined });
  keys.replace(await keySetFromJwks(JSON.stringify({ keys: [jwk] })), Date.now());
  const issuer = {
    name: 'https://id.example/realms/shop',
    audiences: ['orders'],
    algorithms: [algorithm],
    requiredClaims: [],
    skewMs: 30_000,
    type: undefined,
    keys,
  };
  const rules = {
    sources: [{ kind: 'field', name: 'authorization' }],
    tokenBytesMax: 8_192,
    required: true,
    exemptPaths: ['/healthz'],
    exemptPreflights: false,
  };
  const step = new TokenStep(
    rules,
    new TokenVerifier([issuer], [{ path: ['sub'], field: 'x-user' }], systemClock),
  );
  let serial = 0;
  const mint = () => {
    const claims = {
      iss: issuer.name,
      aud: ['orders', 'account'],
      sub: `user-${serial++}`,
      exp: Math.floor(Date.now() / 1_000) + 3_600,
      iat: Math.floor(Date.now() / 1_000),
      jti: '0f3c6f0e-4b8e-4d6f-9c5b-0d2f1a7b9e11',
      scope: 'openid profile orders:read orders:write',
      email: 'someone@shop.example',
      realm_access: { roles: ['customer', 'offline_access'] },
    };
    const text = `${segment({ alg: algorithm, typ: 'JWT', kid: 'key-1' })}.${segment(claims)}`;
    return `${text}.${sign(digest, Buffer.from(text), { key: privateKey, ...options }).toString('base64url')}`;
  };

  const [cold, cached, openssl] = [[], [], []];
  for (let round = 0; round < BATCHES; round++) {
    const tokens = Array.from({ length: TOKENS }, mint);
    const requests = tokens.map(headOf);
    const signed = tokens.map((token) => {
      const dot = token.lastIndexOf('.');
      return [Buffer.from(token.slice(0, dot)), Buffer.from(token.slice(dot + 1), 'base64url')];
    });
    const key = { key: publicKey, ...options };
    openssl.push(await cpuUs(signed, ([data, signature]) => verify(digest, data, key, signature)));
    cold.push(await cpuUs(requests, (request) => step.ask(request)));
    // From memory: twenty passes over the same requests.
    const again = Array.from({ length: 20 }, () => requests).flat();
    cached.push(await cpuUs(again, (request) => step.ask(request)));
  }
  const answer = await step.ask(headOf(mint()));
  if (answer?.kind !== 'finding') throw new Error(`${algorithm}: the token was refused`);
  return { cold: best(cold), cached: best(cached), openssl: best(openssl) };
}

console.log('algorithm   cold µs   cached µs   OpenSSL alone µs');
let missed = false;
for (const algorithm of Object.keys(KINDS)) {
  const { cold, cached, openssl } = await measure(algorithm);
  console.log(
    `${algorithm.padEnd(9)} ${cold.toFixed(1).padStart(9)} ${cached.toFixed(2).padStart(11)} ${openssl.toFixed(1).padStart(18)}`,
  );
  if (cached > CACHED_BAR_US || (algorithm === 'ES256' && cold > COLD_BAR_US)) missed = true;
}
console.log(`bars: ES256 cold ${COLD_BAR_US} µs, cached ${CACHED_BAR_US} µs: ${missed ? 'MISSED' : 'held'}`);
process.exitCode = missed ? 1 : 0;
