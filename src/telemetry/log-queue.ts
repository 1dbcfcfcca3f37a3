/**
 * The bounded way of log lines to a destination that may be slow or stuck.
 *
 * A write never waits and never grows memory past the limit: lines beyond it are dropped and counted, and the count
 * becomes a line of its own as soon as there is room. Lines leave in order, whole, several in one delivery.
 */
import { LOG_BATCH_BYTES_MAX, LOG_QUEUE_BYTES_MAX } from '../core/limits.ts';

/** Takes text of whole lines; settles when it may be given more. A rejection loses the text, which is counted. */
export type Deliver = (text: string) => Promise<void>;

/** What pino writes to. */
export interface LogSink {
  write(line: string): void;
}

export class LogQueue implements LogSink {
  readonly #deliver: Deliver;
  readonly #bytesMax: number;
  #lines: string[] = [];
  #bytes = 0;
  #droppedTotal = 0;
  #droppedUnreported = 0;
  #pumping: Promise<void> | undefined;

  constructor(deliver: Deliver, bytesMax: number = LOG_QUEUE_BYTES_MAX) {
    this.#deliver = deliver;
    this.#bytesMax = bytesMax;
  }

  /** Lines lost since the start. */
  get dropped(): number {
    return this.#droppedTotal;
  }

  /** @param line one or more whole lines, line feed included */
  write(line: string): void {
    const bytes = Buffer.byteLength(line);
    if (this.#bytes + bytes > this.#bytesMax) {
      this.#drop(line.split('\n').length - 1);
      return;
    }
    if (this.#droppedUnreported > 0) this.#reportDropped();
    this.#lines.push(line);
    this.#bytes += bytes;
    this.#pumping ??= this.#pump();
  }

  /** Settles when everything written before the call has been delivered or lost. */
  async flush(): Promise<void> {
    while (this.#pumping !== undefined) await this.#pumping;
  }

  async #pump(): Promise<void> {
    await new Promise(setImmediate); // lets the lines of one turn leave together
    while (this.#lines.length > 0) {
      const batch = this.#takeBatch();
      try {
        await this.#deliver(batch.text);
      } catch {
        this.#drop(batch.text.split('\n').length - 1);
      }
      this.#bytes -= batch.bytes;
    }
    this.#pumping = undefined;
  }

  /** Lines in delivery still count as held: the destination's copy of them is memory too. */
  #takeBatch(): { text: string; bytes: number } {
    let bytes = 0;
    let lines = 0;
    while (lines < this.#lines.length && (lines === 0 || bytes < LOG_BATCH_BYTES_MAX)) {
      bytes += Buffer.byteLength(this.#lines[lines++]);
    }
    const text = this.#lines.slice(0, lines).join('');
    this.#lines = this.#lines.slice(lines);
    return { text, bytes };
  }

  #drop(lines: number): void {
    this.#droppedTotal += lines;
    this.#droppedUnreported += lines;
  }

  #reportDropped(): void {
    const time = new Date().toISOString();
    const count = this.#droppedUnreported;
    this.#droppedUnreported = 0;
    const line = `${JSON.stringify({ level: 'warn', time, event: 'log.dropped', count, msg: `${count} log lines were dropped` })}\n`;
    this.#lines.push(line);
    this.#bytes += Buffer.byteLength(line);
  }
}
