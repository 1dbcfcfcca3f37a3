import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  KEY_ID_CHARS_MAX,
  KEY_SET_BYTES_MAX,
  KEYS_MAX,
  RSA_KEY_BITS_MAX,
  RSA_KEY_BITS_MIN,
} from '../../../../src/core/limits.ts';
import { keySetFromJwks, keySetFromPem, keySetFromSecret } from '../../../../src/identity/tokens/key-set.ts';
import { jwks, signingKey } from '../../../support/tokens.ts';

const key = signingKey('ES256');
const without = (name: string) =>
  Object.fromEntries(Object.entries(key.jwk).filter(([member]) => member !== name));
const setOf = (...members: unknown[]) => keySetFromJwks(JSON.stringify({ keys: members }));

describe('keySetFromJwks', () => {
  it('finds a key by its name and algorithm', async () => {
    const other = signingKey('EdDSA', 'k2');
    const set = await keySetFromJwks(jwks(key, other));
    expect(set.find('k1', 'ES256')?.id).toBe('k1');
    expect(set.find('k2', 'EdDSA')?.id).toBe('k2');
    expect(set.find('k2', 'ES256')).toBeUndefined();
    expect(set.find('k3', 'ES256')).toBeUndefined();
    expect(set.find(undefined, 'ES256')?.id).toBe('k1');
  });

  it('tries nothing out: of several keys that could be meant, it is none', async () => {
    const set = await setOf(without('kid'), { ...signingKey('ES256').jwk, kid: undefined }, key.jwk, key.jwk);
    expect(set.find(undefined, 'ES256')).toBeUndefined();
    expect(set.find('k1', 'ES256')).toBeUndefined();
    expect(set.find('k2', 'ES256')).toBeUndefined();
    expect((await setOf(without('kid'))).find('any', 'ES256')).toBeDefined();
  });

  it('lets a key serve what it says, and what its kind can if it says nothing', async () => {
    const rsa = signingKey('RS256');
    expect((await setOf(rsa.jwk)).keys[0].algorithms).toEqual(['RS256']);
    expect((await setOf({ ...rsa.jwk, alg: undefined })).keys[0].algorithms).toEqual([
      'RS256',
      'RS384',
      'RS512',
      'PS256',
      'PS384',
      'PS512',
    ]);
  });

  it.each([
    ['is no object', 'key'],
    ['odd `kid`', { ...key.jwk, kid: 7 }],
    ['odd `kid`', { ...key.jwk, kid: 'k'.repeat(KEY_ID_CHARS_MAX + 1) }],
    ['not for signatures', { ...key.jwk, use: 'enc' }],
    ['not for verifying', { ...key.jwk, key_ops: ['sign'] }],
    ['no token', { kty: 'oct', k: 'c2VjcmV0', alg: 'HS256' }],
    ['no token', { ...key.jwk, crv: 'secp256k1' }],
    ['no token', { kty: 'OKP', crv: 'X25519', x: 'AA' }],
    ['does not fit', { ...key.jwk, alg: 'RS256' }],
    ['does not fit', { ...key.jwk, alg: 'HS256' }],
    ['does not fit', { ...key.jwk, alg: 'none' }],
    ['malformed', { ...key.jwk, y: key.jwk.x }],
    ['malformed', { kty: 'RSA', e: 'AQAB' }],
    [`${RSA_KEY_BITS_MIN}`, signingKey('RS256', 'k', RSA_KEY_BITS_MIN / 2).jwk],
  ])('leaves out and says why: %s', async (why, member) => {
    const set = await setOf(member, { ...key.jwk, kid: 'good' });
    expect(set.keys.map(({ id }) => id)).toEqual(['good']);
    expect(set.leftOut).toEqual([expect.stringContaining(why)]);
  });

  it('leaves out a key so large that checking with it is an attack', async () => {
    const n = Buffer.alloc((RSA_KEY_BITS_MAX + 64) / 8, 0xc5).toString('base64url');
    expect((await setOf({ kty: 'RSA', n, e: 'AQAB' })).keys).toEqual([]);
  });

  it('refuses a set with a private key', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    await expect(setOf(key.jwk, privateKey.export({ format: 'jwk' }))).rejects.toThrow('private key');
  });

  it.each([
    ['no JSON', '<html>'],
    ['names a member twice', '{"keys":[],"keys":[]}'],
    ['no list', '[]'],
    ['no list', '{"keys":{}}'],
    ['no list', 'null'],
    [`more than ${KEYS_MAX}`, JSON.stringify({ keys: Array(KEYS_MAX + 1).fill({}) })],
    [`larger than ${KEY_SET_BYTES_MAX}`, ' '.repeat(KEY_SET_BYTES_MAX + 1)],
  ])('says what is wrong with a text: %s', async (why, text) => {
    await expect(keySetFromJwks(text)).rejects.toThrow(why);
  });

  it('knows a key again in another set, by itself, its name and its use', async () => {
    const set = await setOf(key.jwk);
    const holds = async (member: unknown) => (await setOf(member)).holds(set.keys[0]);
    expect(await holds({ ...key.jwk, x5t: 'added' })).toBe(true);
    expect(await holds({ ...key.jwk, kid: 'k2' })).toBe(false);
    expect(await holds(signingKey('ES256').jwk)).toBe(false);
    const rsa = signingKey('RS256');
    const narrowed = await setOf({ ...rsa.jwk, alg: 'PS256' });
    expect(narrowed.holds((await setOf(rsa.jwk)).keys[0])).toBe(false);
  });
});

describe('keySetFromPem', () => {
  const pem = key.publicKey.export({ type: 'spki', format: 'pem' }) as string;

  it('reads a public key and a certificate', async () => {
    const set = await keySetFromPem(pem);
    expect(set.find('any', 'ES256')).toBeDefined();
    const directory = mkdtempSync(join(tmpdir(), 'ward-'));
    try {
      const made = [
        'req',
        '-x509',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-subj',
        '/CN=id',
        '-keyout',
        'key',
        '-out',
        'cert',
      ];
      execFileSync('openssl', made, { cwd: directory, stdio: 'ignore' });
      const certificate = await keySetFromPem(readFileSync(join(directory, 'cert'), 'utf8'));
      expect(certificate.find(undefined, 'PS256')).toBeDefined();
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('refuses what is neither, and private keys above all', async () => {
    await expect(keySetFromPem('no key')).rejects.toThrow('no public key or certificate');
    await expect(keySetFromPem(pem.replace('MFkw', 'AAAA'))).rejects.toThrow('no public key');
    const secret = key.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    await expect(keySetFromPem(secret)).rejects.toThrow('private key');
    const weak = signingKey('RS256', 'k', 1_024).publicKey.export({ type: 'spki', format: 'pem' }) as string;
    await expect(keySetFromPem(weak)).rejects.toThrow('1024 bits');
  });
});

describe('keySetFromSecret', () => {
  it('serves what it is long enough for', () => {
    expect(() => keySetFromSecret('x'.repeat(31))).toThrow('shorter than 32 bytes');
    expect(keySetFromSecret('x'.repeat(32)).keys[0].algorithms).toEqual(['HS256']);
    expect(keySetFromSecret('x'.repeat(64)).keys[0].algorithms).toEqual(['HS256', 'HS384', 'HS512']);
    expect(keySetFromSecret('ä'.repeat(16)).keys[0].algorithms).toEqual(['HS256']);
  });
});
