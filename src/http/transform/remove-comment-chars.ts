/** `remove_comment_chars`: SecLang's removeCommentsChar. */
import { load, unload } from './bytes.ts';
import type { TextTransformation } from './transformation.ts';

function removeCommentChars(text: string): string {
  if (!/\/\*|\*\/|<!--|--|#/.test(text)) return text;
  const buffer = load(text);
  const length = text.length;
  let out = 0;
  for (let at = 0; at < length; ) {
    const marker = markerLength(buffer, at, length);
    if (marker === 0) buffer[out++] = buffer[at++]!;
    else at += marker;
  }
  return unload(buffer, out, text);
}

function markerLength(buffer: Buffer, at: number, length: number): number {
  const byte = buffer[at];
  if (byte === 0x23) return 1;
  const next = at + 1 < length ? buffer[at + 1] : 0;
  if ((byte === 0x2f && next === 0x2a) || (byte === 0x2a && next === 0x2f)) return 2;
  if (byte === 0x2d && next === 0x2d) return at + 2 < length && buffer[at + 2] === 0x3e ? 3 : 2;
  const html = byte === 0x3c && next === 0x21 && at + 3 < length;
  return html && buffer[at + 2] === 0x2d && buffer[at + 3] === 0x2d ? 4 : 0;
}

export const remove_comment_chars: TextTransformation = {
  kind: 'text',
  name: 'remove_comment_chars',
  doc: 'Removes the marks of comments (`/*`, `*/`, `<!--`, `-->`, `--`, `#`) and keeps what stands between them. SecLang: removeCommentsChar.',
  parameters: [],
  triggers: '/*<-#',
  erases: false,
  examples: [
    { input: 'un/*!50000ion*/', output: 'un!50000ion' },
    { input: '<!--a--><b--c#d', output: 'a<bcd' },
    { input: 'a-b/c*d', output: 'a-b/c*d' },
  ],
  bind: () => removeCommentChars,
};
