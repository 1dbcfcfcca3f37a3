/** Where log lines end: a descriptor of the process or a file. Writes wait for the system, one at a time. */
import { closeSync, openSync, write } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { SidecarError } from '../core/errors.ts';

const STANDARD: Readonly<Record<string, number>> = { stdout: 1, stderr: 2 };
/** How long to wait when a pipe is full and does not block. */
const RETRY_MS = 20;

export interface LogDestination {
  /** True for a terminal, which gets colours and short lines. */
  readonly terminal: boolean;
  deliver(text: string): Promise<void>;
  /** Opens a file again, after a log rotation. Standard streams stay. */
  reopen(): void;
  close(): void;
}

/**
 * @param destination `stdout`, `stderr` or an absolute path, which is appended to
 * @throws SidecarError W_CONFIG_INVALID if the file cannot be opened
 */
export function openLogDestination(destination: string): LogDestination {
  const isStandard = Object.hasOwn(STANDARD, destination);
  let descriptor = isStandard ? STANDARD[destination] : openLogFile(destination);
  return {
    terminal: isStandard && (destination === 'stdout' ? process.stdout.isTTY : process.stderr.isTTY),
    deliver: (text) => writeAll(descriptor, Buffer.from(text)),
    reopen() {
      if (isStandard) return;
      const before = descriptor;
      descriptor = openLogFile(destination);
      closeSync(before);
    },
    close() {
      if (!isStandard) closeSync(descriptor);
    },
  };
}

function openLogFile(path: string): number {
  try {
    return openSync(path, 'a', 0o640);
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code;
    throw new SidecarError('W_CONFIG_INVALID', `cannot append to the log file ${path}: ${reason}`, {
      source: 'configuration',
      cause,
    });
  }
}

async function writeAll(descriptor: number, bytes: Buffer): Promise<void> {
  for (let offset = 0; offset < bytes.length; ) {
    const written = await writeOnce(descriptor, bytes, offset);
    if (written === 0) await sleep(RETRY_MS);
    offset += written;
  }
}

/** Resolves to 0 when the destination takes nothing right now. */
function writeOnce(descriptor: number, bytes: Buffer, offset: number): Promise<number> {
  return new Promise((resolve, reject) => {
    write(descriptor, bytes, offset, bytes.length - offset, null, (error, written) => {
      if (error === null) resolve(written);
      else if (error.code === 'EAGAIN') resolve(0);
      else reject(error);
    });
  });
}
