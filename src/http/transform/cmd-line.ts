/** `cmd_line`: SecLang's cmdLine, which undoes what shells ignore. */
import { load, unload } from './bytes.ts';
import type { TextTransformation } from './transformation.ts';

const COPY = 0;
const DROP = 1;
const BLANK = 2;
const CLOSE_UP = 3;

const ROLES = new Uint8Array(256);
for (const byte of Buffer.from('"\'\\^')) ROLES[byte] = DROP;
for (const byte of Buffer.from(' ,;\t\r\n')) ROLES[byte] = BLANK;
for (const byte of Buffer.from('/(')) ROLES[byte] = CLOSE_UP;

function cmdLine(text: string): string {
  let at = 0;
  for (; at < text.length; at++) {
    const byte = text.charCodeAt(at);
    if (ROLES[byte]! !== COPY || (byte >= 0x41 && byte <= 0x5a)) break;
  }
  if (at === text.length) return text;
  const buffer = load(text);
  let out = at;
  let blank = false;
  for (; at < text.length; at++) {
    const byte = buffer[at]!;
    switch (ROLES[byte]) {
      case DROP:
        break;
      case BLANK:
        if (!blank) buffer[out++] = 0x20;
        blank = true;
        break;
      case CLOSE_UP:
        if (blank) out--;
        blank = false;
        buffer[out++] = byte;
        break;
      default:
        buffer[out++] = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
        blank = false;
    }
  }
  return unload(buffer, out, text);
}

export const cmd_line: TextTransformation = {
  kind: 'text',
  name: 'cmd_line',
  doc: 'Undoes shell obfuscation: drops quotes, backslashes and carets, makes runs of white space, commas and semicolons one space, drops it before `/` and `(`, folds ASCII to lower case. SecLang: cmdLine.',
  parameters: [],
  triggers: '"\'\\^ ,;\t\r\nABCDEFGHIJKLMNOPQRSTUVWXYZ',
  erases: true,
  brings: ' ',
  joins: '/(',
  examples: [
    { input: 'C^O"M"\\MAND', output: 'command' },
    { input: 'cat  ,; /etc/passwd', output: 'cat/etc/passwd' },
    { input: 'ls;id (x)', output: 'ls id(x)' },
    { input: 'plain/text', output: 'plain/text' },
  ],
  bind: () => cmdLine,
};
