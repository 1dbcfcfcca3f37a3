/** `openssl s_client`: a second opinion on handshakes, by a client that says what it saw. */
import { spawn } from 'node:child_process';

/** One that does not end by itself is ended: renegotiation has no end of its own. */
const PATIENCE_MS = 20_000;

export interface Dialogue {
  /** What it types once connected; its end, when left out. */
  readonly input?: string;
  /** It is ended when it has printed that. */
  readonly until?: RegExp;
}

/** What it prints of a handshake with these options, and of what comes after. */
export function sClient(port: number, args: readonly string[], dialogue: Dialogue = {}): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, ...args]);
    const timer = setTimeout(() => child.kill(), PATIENCE_MS);
    let text = '';
    const take = (data: Buffer): void => {
      text += data.toString('latin1');
      if (dialogue.until?.test(text) === true) child.kill();
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('close', () => {
      clearTimeout(timer);
      resolve(text);
    });
    child.stdin.on('error', () => undefined);
    if (dialogue.input === undefined) child.stdin.end();
    else child.stdin.write(dialogue.input);
  });
}
