/** The server name in what TLS clients really say first, at every cut, in small records and with bytes changed. */
import { createServer, type AddressInfo } from 'node:net';
import { connect } from 'node:tls';
import { beforeAll, describe, expect, it } from 'vitest';
import { readClientHello } from '../../../../src/proxy/egress/client-hello.ts';

let named: Buffer;
let nameless: Buffer;

/** What OpenSSL says first. */
async function helloOf(servername: string | undefined): Promise<Buffer> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const first = new Promise<Buffer>((resolve) =>
    server.once('connection', (socket) => {
      socket.on('error', () => undefined);
      socket.once('data', (chunk) => {
        resolve(chunk);
        socket.destroy();
      });
    }),
  );
  const { port } = server.address() as AddressInfo;
  const client = connect({ host: '127.0.0.1', port, ...(servername === undefined ? {} : { servername }) });
  client.on('error', () => undefined);
  const bytes = await first;
  client.destroy();
  await new Promise((resolve) => server.close(resolve));
  return bytes;
}

beforeAll(async () => {
  named = await helloOf('Api.Example.com');
  nameless = await helloOf(undefined);
});

describe('readClientHello', () => {
  it('finds the name, in lower case, and that there is none', () => {
    expect(readClientHello(named)).toEqual({ kind: 'hello', name: 'api.example.com' });
    expect(readClientHello(nameless)).toEqual({ kind: 'hello', name: undefined });
  });

  it('wants more at every cut', () => {
    for (let cut = 0; cut < named.length; cut++) {
      expect(readClientHello(named.subarray(0, cut))).toEqual({ kind: 'incomplete' });
    }
  });

  it('puts records together', () => {
    const message = named.subarray(5);
    for (const size of [1, 3, 100]) {
      const records: Buffer[] = [];
      for (let at = 0; at < message.length; at += size) {
        const piece = message.subarray(at, at + size);
        records.push(Buffer.from([22, 3, 1, piece.length >> 8, piece.length & 255]), piece);
      }
      expect(readClientHello(Buffer.concat(records))).toEqual({ kind: 'hello', name: 'api.example.com' });
    }
  });

  it.each([
    'GET / HTTP/1.1\r\n\r\n',
    'SSH-2.0-x\r\n',
    '\x16\x02\x00\x00\x01\x01',
    '\x16\x03\x01\x00\x00',
    '\x15\x03\x03\x00\x02\x01\x00',
  ])('takes %j for what it is', (text) => {
    expect(readClientHello(Buffer.from(text, 'latin1'))).toEqual({ kind: 'not_tls' });
  });

  it('never throws, and never reads another name than the one that is there, whichever byte is changed', () => {
    const at = named.indexOf('pi.Example') - 1;
    for (let index = 0; index < named.length; index++) {
      if (index >= at && index < at + 'api.example.com'.length) continue;
      for (const value of [0, 1, 0x7f, 0xff]) {
        const changed = Buffer.from(named);
        changed[index] = value;
        const reading = readClientHello(changed);
        if (reading.kind === 'hello' && reading.name !== undefined)
          expect('api.example.com').toContain(reading.name);
      }
    }
  });
});
