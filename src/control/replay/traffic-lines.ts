/** The lines of a file of traffic, one by one: memory holds one line and one chunk, however large the file is. */
import { createReadStream } from 'node:fs';
import { REPLAY_LINE_BYTES_MAX } from '../../core/limits.ts';

export interface TrafficLine {
  /** From 1. */
  readonly number: number;
  /** Undefined if the line is longer than REPLAY_LINE_BYTES_MAX. */
  readonly text: string | undefined;
  /** Bytes of the file read so far. */
  readonly bytesRead: number;
}

const LINE_FEED = 10;

/** @throws the error of the file system if the file cannot be read */
export async function* trafficLines(
  path: string,
  lineBytesMax = REPLAY_LINE_BYTES_MAX,
): AsyncGenerator<TrafficLine> {
  let number = 0;
  let bytesRead = 0;
  let pieces: Buffer[] = [];
  let length = 0;
  const end = (): TrafficLine => {
    const text = length > lineBytesMax ? undefined : Buffer.concat(pieces).toString('utf8');
    pieces = [];
    length = 0;
    return { number: ++number, text, bytesRead };
  };
  const take = (piece: Buffer): void => {
    length += piece.length;
    // What will not be used is not kept.
    if (length > lineBytesMax) pieces = [];
    else pieces.push(piece);
  };
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    let start = 0;
    for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, start)) {
      take(chunk.subarray(start, at));
      bytesRead += at + 1 - start;
      start = at + 1;
      yield end();
    }
    take(chunk.subarray(start));
    bytesRead += chunk.length - start;
  }
  if (length > 0) yield end();
}
