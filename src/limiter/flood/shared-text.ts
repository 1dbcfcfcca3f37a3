/** Latin1 texts of bounded length in shared memory. */

/** Writes as much of the text as fits; returns the number of bytes. Characters beyond latin1 lose their upper bits. */
export function writeText(bytes: Uint8Array, at: number, text: string, charsMax: number): number {
  const length = Math.min(text.length, charsMax);
  for (let i = 0; i < length; i++) bytes[at + i] = text.charCodeAt(i);
  return length;
}

/** Reads a text back; never beyond `charsMax`, whatever another thread left for a length. */
export function readText(bytes: Uint8Array, at: number, length: number, charsMax: number): string {
  let text = '';
  const end = at + Math.min(length, charsMax);
  for (let i = at; i < end; i++) text += String.fromCharCode(bytes[i]);
  return text;
}
