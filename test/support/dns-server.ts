/** A DNS server on loopback that says what a test wants (RFC 1035), over UDP: enough for questions about A and AAAA. */
import { createSocket, type Socket } from 'node:dgram';
import { parseIp } from '../../src/http/address.ts';

const HEADER_BYTES = 12;
const TYPE_A = 1;
const TYPE_AAAA = 28;
const TTL_S = 60;

export class DnsServer {
  /** Names asked for, one for each question about A. */
  readonly asked: string[] = [];
  /** Addresses of a name; called for each question. @param time how often the name was asked for before */
  answer: (name: string, time: number) => readonly string[];
  readonly #socket: Socket;

  constructor(answer: (name: string, time: number) => readonly string[]) {
    this.answer = answer;
    this.#socket = createSocket('udp4');
    this.#socket.on('message', (question, { port, address }) => {
      this.#socket.send(this.#reply(question), port, address);
    });
  }

  /** As `egress.dns_servers` takes it. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#socket.bind(0, '127.0.0.1', resolve));
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#socket.close(() => resolve()));
  }

  #reply(question: Buffer): Buffer {
    const labels: string[] = [];
    let at = HEADER_BYTES;
    for (let length = question[at] ?? 0; length > 0; length = question[at] ?? 0) {
      labels.push(question.toString('latin1', at + 1, at + 1 + length));
      at += 1 + length;
    }
    const end = at + 5; // the root label, type and class
    const type = question.readUInt16BE(at + 1);
    const name = labels.join('.');
    const time = this.asked.filter((one) => one === name).length;
    if (type === TYPE_A) this.asked.push(name);
    const records = this.answer(name, time).flatMap((text) => recordOf(text, type));
    const header = Buffer.from(question.subarray(0, HEADER_BYTES));
    // Response, recursion available; name error when it has no address at all.
    header.writeUInt16BE(this.answer(name, time).length === 0 ? 0x8183 : 0x8180, 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(records.length, 6);
    header.writeUInt32BE(0, 8);
    return Buffer.concat([header, question.subarray(HEADER_BYTES, end), ...records]);
  }
}

function recordOf(text: string, type: number): readonly Buffer[] {
  const address = parseIp(text);
  if (address === null) throw new Error(`no address: ${text}`);
  const isV6 = text.includes(':');
  if (type !== (isV6 ? TYPE_AAAA : TYPE_A)) return [];
  const data = Buffer.alloc(16);
  address.words.forEach((word, index) => data.writeUInt32BE(word, 4 * index));
  const bytes = isV6 ? data : data.subarray(12);
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0); // the name of the question
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(TTL_S, 6);
  head.writeUInt16BE(bytes.length, 10);
  return [Buffer.concat([head, bytes])];
}
