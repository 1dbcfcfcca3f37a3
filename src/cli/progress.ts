/** One line on stderr that says how far long work has come; nothing where nobody watches. */

const INTERVAL_MS = 100;

export interface Progress {
  readonly show: (text: string) => void;
  clear(): void;
}

export function createProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  let shownAt = 0;
  return {
    show(text) {
      if (!stream.isTTY || performance.now() - shownAt < INTERVAL_MS) return;
      shownAt = performance.now();
      stream.write(`\r\x1b[K${text}`);
    },
    clear() {
      if (stream.isTTY && shownAt > 0) stream.write('\r\x1b[K');
    },
  };
}
