/**
 * The checks of a TLS scanner on both listeners: versions, suites, groups, renegotiation, compression, tickets and garbage.
 * What clients of today can be told to do, `openssl s_client` does; what they cannot, messages made byte by byte do. The
 * table of it is in docs/identity.md.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ListenerKind } from '../../src/proxy/listener.ts';
import { Authority, listenerTls } from '../support/certificates.ts';
import { FUZZ_SEED, fuzzRuns, randomOf } from '../support/fuzz.ts';
import { RawUpstream } from '../support/raw-upstream.ts';
import { sClient } from '../support/s-client.ts';
import {
  ALERT,
  alpn,
  type Answer,
  clientHello,
  EXTENSION,
  FALLBACK_SCSV,
  GROUP,
  type HelloWish,
  RENEGOTIATION_SCSV,
  say,
  TLS_1_2,
  TLS_1_3,
} from '../support/tls-hello.ts';
import { until } from '../support/until.ts';
import { LISTENERS, startWard, type Ward } from '../support/ward.ts';

type KeyKind = 'EC' | 'RSA';

/** What each kind of key serves in TLS 1.2, by the names of OpenSSL and IANA's numbers; and all of TLS 1.3. */
const SUITES_OF: Readonly<Record<KeyKind, ReadonlyMap<string, number>>> = {
  EC: new Map([
    ['ECDHE-ECDSA-AES128-GCM-SHA256', 0xc02b],
    ['ECDHE-ECDSA-AES256-GCM-SHA384', 0xc02c],
    ['ECDHE-ECDSA-CHACHA20-POLY1305', 0xcca9],
  ]),
  RSA: new Map([
    ['ECDHE-RSA-AES128-GCM-SHA256', 0xc02f],
    ['ECDHE-RSA-AES256-GCM-SHA384', 0xc030],
    ['ECDHE-RSA-CHACHA20-POLY1305', 0xcca8],
  ]),
};
const SUITES_1_3 = new Map([
  ['TLS_AES_128_GCM_SHA256', 0x1301],
  ['TLS_AES_256_GCM_SHA384', 0x1302],
  ['TLS_CHACHA20_POLY1305_SHA256', 0x1303],
]);
const GOOD = [...SUITES_OF.EC.values(), ...SUITES_OF.RSA.values()];
const SIGNALS = [RENEGOTIATION_SCSV, FALLBACK_SCSV];

/** Numbers of IANA's registry "TLS Cipher Suites", so many of each class that both kinds of key would have one. */
const WEAK: Readonly<Record<string, readonly number[]>> = {
  'no encryption': [0x0001, 0x0002, 0x003b, 0xc006, 0xc010],
  'export keys': [0x0003, 0x0006, 0x0008, 0x000b, 0x000e, 0x0011, 0x0014, 0x0062, 0x0064],
  'no proof of who serves': [0x0018, 0x0034, 0x00a6, 0x00a7, 0xc015, 0xc018, 0xc019],
  RC4: [0x0004, 0x0005, 0xc007, 0xc011],
  'DES and 3DES': [0x0009, 0x000a, 0x0015, 0x0016, 0xc008, 0xc012],
  'IDEA and SEED': [0x0007, 0x0096, 0x009a],
  'CBC with forward secrecy': [0xc009, 0xc00a, 0xc013, 0xc014, 0xc023, 0xc024, 0xc027, 0xc028],
  'keys sent under RSA': [0x002f, 0x0035, 0x003c, 0x003d, 0x009c, 0x009d, 0xc09c, 0xc0a0],
  'fixed keys of ECDH': [0xc004, 0xc005, 0xc00e, 0xc00f, 0xc02d, 0xc031],
  'finite-field Diffie-Hellman': [0x0033, 0x0039, 0x0067, 0x009e, 0x009f, 0xccaa],
  'shared secrets and passwords': [0x008c, 0x00a8, 0xc035, 0xc01d, 0xccac, 0xd001],
  'CCM, Camellia and ARIA': [0xc0ac, 0xc0ae, 0xc072, 0xc086, 0xc08a, 0xc05c, 0xc060],
};

/** Far more than clients offer, as many as a message has room for in a record. */
const SUITES_AT_ONCE = 4_096;
/** A last part of the random of servers that can do more than they were asked for (RFC 8446 §4.1.3). */
const DOWNGRADE = 'DOWNGRD\x01';
const GET = 'GET /a HTTP/1.1\r\nHost: s.example\r\nConnection: close\r\n\r\n';

interface Secure {
  readonly ward: Ward;
  readonly root: Authority;
  readonly hello: (wish: HelloWish) => Promise<Answer>;
  readonly close: () => Promise<void>;
}

/** A proxy whose certificate has an intermediate between itself and the root. */
async function startSecure(listener: ListenerKind, kind: KeyKind): Promise<Secure> {
  const service = await new RawUpstream().listen();
  const root = new Authority('root');
  const intermediate = new Authority('intermediate', root);
  const certificate = intermediate.issue({ names: 'DNS:s.example,IP:127.0.0.1', rsa: kind === 'RSA' });
  const tls = listenerTls([{ names: [], certificate }]);
  const ward = await startWard({ listener, upstreamPort: service.port, listenerOptions: { tls } });
  return {
    ward,
    root,
    hello: (wish) => say(ward.port, clientHello(wish)),
    close: async () => {
      await ward.close();
      await service.close();
      intermediate.remove();
      root.remove();
    },
  };
}

const alert = (...numbers: readonly number[]): unknown => ({
  kind: 'alert',
  alert: expect.toSatisfy((number: number) => numbers.includes(number)),
});

const range = (from: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => from + index);

describe.each(LISTENERS.flatMap((listener) => [[listener, 'EC'] as const, [listener, 'RSA'] as const]))(
  'suites of TLS on %s with a key of %s',
  (listener, kind) => {
    let secure: Secure;
    beforeAll(async () => {
      secure = await startSecure(listener, kind);
    });
    afterAll(() => secure.close());

    it.each([...SUITES_OF[kind]])('%s is served', async (name, suite) => {
      expect(await secure.hello({ suites: [suite] })).toMatchObject({ version: TLS_1_2, suite });
      expect(await sClient(secure.ward.port, ['-tls1_2', '-cipher', name])).toContain(`Cipher is ${name}`);
    });

    it.each([...SUITES_1_3])('%s is served', async (name, suite) => {
      expect(await secure.hello({ version: TLS_1_3, suites: [suite] })).toMatchObject({
        version: TLS_1_3,
        suite,
      });
      const said = await sClient(secure.ward.port, ['-tls1_3', '-ciphersuites', name]);
      expect(said).toContain(`Cipher is ${name}`);
    });

    it.each(Object.entries(WEAK))('%s: refused', async (_class, suites) => {
      expect(await secure.hello({ suites })).toEqual(alert(ALERT.handshakeFailure));
    });

    it('no other of the 65,536 is served, in either version', async () => {
      for (const version of [TLS_1_2, TLS_1_3]) {
        const known = [...(version === TLS_1_2 ? GOOD : SUITES_1_3.values()), ...SIGNALS];
        for (let first = 0; first < 65_536; first += SUITES_AT_ONCE) {
          const suites = range(first, SUITES_AT_ONCE).filter((suite) => !known.includes(suite));
          expect(await secure.hello({ version, suites }), `from ${first}`).toEqual(
            alert(ALERT.handshakeFailure),
          );
        }
      }
    });

    it('OpenSSL with all else it has is refused', async () => {
      const all = execFileSync('openssl', ['ciphers', '-tls1_2', 'ALL:COMPLEMENTOFALL:@SECLEVEL=0']);
      const good = new Set([...SUITES_OF.EC.keys(), ...SUITES_OF.RSA.keys()]);
      const others = all
        .toString()
        .trim()
        .split(':')
        .filter((name) => !good.has(name) && !name.startsWith('TLS_'));
      expect(others.length).toBeGreaterThan(50);
      const said = await sClient(secure.ward.port, ['-tls1_2', '-cipher', `${others.join(':')}:@SECLEVEL=0`]);
      expect(said).toContain('alert handshake failure');
      expect(said).toContain('Cipher is (NONE)');
    });
  },
);

describe.each(LISTENERS)('TLS on %s', (listener) => {
  let secure: Secure;
  let port: number;
  let folder: string;
  const every = [...GOOD, ...Object.values(WEAK).flat()];
  const good = [...SUITES_OF.RSA.values()];

  beforeAll(async () => {
    secure = await startSecure(listener, 'RSA');
    port = secure.ward.port;
    folder = mkdtempSync(join(tmpdir(), 'ward-scan-'));
  });
  afterAll(async () => {
    await secure.close();
    rmSync(folder, { recursive: true });
  });

  const serves = async (): Promise<void> => {
    expect(await sClient(port, ['-ign_eof'], { input: GET })).toContain('200 OK');
  };

  it.each([
    ['SSL 3.0', 0x0300],
    ['TLS 1.0', 0x0301],
    ['TLS 1.1', 0x0302],
  ])('%s is refused', async (_name, version) => {
    // OpenSSL looks for a suite of SSL 3.0 before it says what is wrong.
    const numbers = [ALERT.protocolVersion, ...(version === 0x0300 ? [ALERT.handshakeFailure] : [])];
    expect(await secure.hello({ version, suites: every })).toEqual(alert(...numbers));
  });

  it.each(['-tls1', '-tls1_1'])('openssl s_client %s is refused', async (version) => {
    const said = await sClient(port, [version, '-cipher', 'ALL:@SECLEVEL=0']);
    expect(said).toContain('alert protocol version');
    expect(said).toContain('Cipher is (NONE)');
  });

  it('SSL 2.0 is refused', async () => {
    const suites = '0100800200800300800400800500800600400700c0';
    const hello = `01000200${'15'}00000010${suites}${'07'.repeat(16)}`;
    const record = Buffer.from(`80${(hello.length / 2).toString(16)}${hello}`, 'hex');
    expect((await say(port, record, true)).kind).not.toBe('hello');
  });

  it('nobody is talked down to TLS 1.2', async () => {
    expect(await secure.hello({ suites: [...good, FALLBACK_SCSV] })).toEqual(
      alert(ALERT.inappropriateFallback),
    );
    expect(await sClient(port, ['-tls1_2', '-fallback_scsv'])).toContain('alert inappropriate fallback');
    const answer = await secure.hello({ suites: good });
    expect(answer.kind === 'hello' ? answer.random.toString('latin1', 24) : answer).toBe(DOWNGRADE);
  });

  it('keys are agreed on with strong groups alone, x25519 first', async () => {
    // P-256, P-384 and x25519; of the others some are weak, and some are dear to a server that is asked for them.
    const strong = [23, 24, 29];
    const asked = [...range(1, 64), ...range(256, 8)];
    for (const group of asked) {
      const wish: HelloWish = { version: TLS_1_3, suites: [0x1301], groups: [group], shares: [] };
      expect([group, (await secure.hello(wish)).kind]).toEqual([
        group,
        strong.includes(group) ? 'hello' : 'alert',
      ]);
    }
    for (const group of asked.filter((number) => !strong.includes(number))) {
      expect([group, await secure.hello({ suites: good, groups: [group] })]).toEqual([
        group,
        alert(ALERT.handshakeFailure),
      ]);
    }
    const asks = await secure.hello({ version: TLS_1_3, suites: [0x1301], shares: [] });
    expect(asks.kind === 'hello' && asks.extensions.get(EXTENSION.keyShare)?.readUInt16BE()).toBe(
      GROUP.x25519,
    );
    expect(await sClient(port, ['-groups', 'P-256'])).toContain('Server Temp Key: ECDH, prime256v1');
  });

  it('nothing is compressed', async () => {
    expect(await secure.hello({ suites: good, compressions: [1, 0] })).toMatchObject({ compression: 0 });
    expect((await secure.hello({ suites: good, compressions: [1] })).kind).toBe('alert');
    expect(await sClient(port, ['-tls1_2', '-comp'])).toContain('Compression: NONE');
  });

  it('renegotiation is announced as secure (RFC 5746), and refused to all', async () => {
    const asked: HelloWish[] = [
      { suites: [...good, RENEGOTIATION_SCSV] },
      { suites: good, more: { [EXTENSION.renegotiation]: Buffer.from([0]) } },
    ];
    for (const wish of asked) {
      const answer = await secure.hello(wish);
      expect(answer.kind === 'hello' && answer.extensions.get(EXTENSION.renegotiation)).toEqual(
        Buffer.from([0]),
      );
    }
    const ended = /RENEGOTIATING[\s\S]*(?:error|verify return)/;
    for (const more of [[], ['-legacy_renegotiation']]) {
      const said = await sClient(port, ['-tls1_2', ...more], { input: 'R\n', until: ended });
      expect(said).toContain('Secure Renegotiation IS supported');
      // A second handshake would look at the certificate once more.
      expect(said.slice(said.indexOf('RENEGOTIATING'))).toMatch(/:error:/);
      expect(said.slice(said.indexOf('RENEGOTIATING'))).not.toContain('verify return');
    }
    await serves();
  });

  it('heartbeats are unknown, and no answers of OCSP are stapled', async () => {
    const more = {
      [EXTENSION.heartbeat]: Buffer.from([1]),
      [EXTENSION.statusRequest]: Buffer.from([1, 0, 0, 0, 0]),
    };
    const answer = await secure.hello({ suites: good, more });
    expect(answer.kind === 'hello' && [...answer.extensions.keys()]).not.toEqual(
      expect.arrayContaining([EXTENSION.heartbeat]),
    );
    const said = await sClient(port, ['-tls1_2', '-status']);
    expect(said).toContain('OCSP response: no response sent');
  });

  it.each(['-tls1_2', '-tls1_3'])(
    'sessions go on by ticket, with nothing sent ahead: %s',
    async (version) => {
      const session = join(folder, `session${version}`);
      const first = await sClient(port, [version, '-ign_eof', '-sess_out', session], { input: GET });
      expect(first).toContain('200 OK');
      const again = await sClient(port, [version, '-ign_eof', '-sess_in', session], { input: GET });
      expect(again).toContain(`Reused, TLSv1.${version.at(-1)}`);
      expect(again).toContain('200 OK');
      for (const said of [first, again]) expect(said).not.toMatch(/Max Early Data: [1-9]/);
    },
  );

  it('a ticket that nobody gave out is no ticket', async () => {
    for (const bytes of [1, 16, 100, 4_000]) {
      const more = { [EXTENSION.ticket]: Buffer.alloc(bytes, 'T') };
      const answer = await secure.hello({ suites: good, more });
      // The first message of a handshake in full; one that goes on would not announce a ticket's successor either way.
      expect(answer).toMatchObject({ kind: 'hello', version: TLS_1_2 });
    }
    await serves();
  });

  it('the chain is sent whole, so that the root alone will do', async () => {
    for (const version of ['-tls1_2', '-tls1_3']) {
      const said = await sClient(port, [version, '-CAfile', secure.root.caFile, '-showcerts']);
      const certificates = said.slice(0, said.indexOf('Server certificate\nsubject'));
      expect(certificates.match(/-----BEGIN CERTIFICATE-----/g)).toHaveLength(2);
      expect(said).toContain('Verify return code: 0 (ok)');
    }
  });

  it('protocols are answered by name', async () => {
    const chosen = async (...names: string[]): Promise<string | number | undefined> => {
      const answer = await secure.hello({ suites: good, more: { [EXTENSION.alpn]: alpn(...names) } });
      if (answer.kind !== 'hello') return answer.kind === 'alert' ? answer.alert : undefined;
      return answer.extensions.get(EXTENSION.alpn)?.toString('latin1', 3);
    };
    // uWebSockets.js takes no notice of names, which says HTTP/1.1 (RFC 9113 §3.2).
    expect(await chosen('http/1.1')).toBe(listener === 'node' ? 'http/1.1' : undefined);
    expect(await chosen('ftp')).toBe(listener === 'node' ? ALERT.noApplicationProtocol : undefined);
    if (listener === 'uws') expect(await chosen('h2', 'http/1.1')).toBeUndefined();
    await serves();
  });

  it('HTTP in the clear is cut without an answer', async () => {
    expect(await say(port, Buffer.from(GET))).toEqual({ kind: 'closed' });
    await serves();
  });

  it.each([
    ['a record beyond all bounds', [22, 3, 1, 255, 255], 65_535],
    ['a message beyond all bounds', [22, 3, 1, 64, 0, 1, 255, 255, 255], 16_380],
    ['a message of nothing', [22, 3, 1, 0, 4, 1, 0, 0, 0], 0],
    ['empty records', new Array<number[]>(1_000).fill([22, 3, 1, 0, 0]).flat(), 0],
    ['data before the handshake', [23, 3, 3, 0, 5, 1, 2, 3, 4, 5], 0],
    ['a heartbeat that asks for more than it sends', [24, 3, 2, 0, 3, 1, 64, 0], 0],
    ['an alert', [21, 3, 1, 0, 2, 2, 40], 0],
    ['zeros', [], 70_000],
  ])('%s ends the connection alone', async (_what, head, filling) => {
    const bytes = Buffer.concat([Buffer.from(head), Buffer.alloc(filling)]);
    expect((await say(port, bytes, true)).kind).not.toBe('hello');
    await serves();
  });

  it(`so do messages with mistakes in them, seed ${FUZZ_SEED}`, async () => {
    const random = randomOf(FUZZ_SEED);
    const whole = clientHello({
      version: TLS_1_3,
      suites: every,
      more: { [EXTENSION.alpn]: alpn('http/1.1') },
    });
    const broken = (): Buffer => {
      const bytes = Buffer.from(whole.subarray(0, random(4) === 0 ? random(whole.length) + 1 : undefined));
      for (let edits = 1 + random(4); edits > 0; edits--) bytes[random(bytes.length)] = random(256);
      return bytes;
    };
    const kinds = new Set<string>();
    for (let run = 0; run < fuzzRuns(10); run++) {
      const answers = await Promise.all(Array.from({ length: 20 }, () => say(port, broken(), true)));
      for (const { kind } of answers) kinds.add(kind);
    }
    expect(kinds).toEqual(new Set(['alert', 'closed', 'hello']));
    await serves();
    await until(() => secure.ward.proxy.figures.clients.connections === 0, 'the end of all connections');
  });
});
