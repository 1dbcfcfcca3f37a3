/**
 * Tells a file's media type from its first bytes, whatever it claims to be.
 *
 * Signatures follow the WHATWG MIME Sniffing standard where it has one (§6), and the formats' own specifications for
 * the rest. Markup and scripts are looked for after white space, as browsers and interpreters do.
 */

const SIGNATURES: readonly (readonly [signature: string, type: string])[] = [
  ['\x89PNG\r\n\x1a\n', 'image/png'],
  ['\xff\xd8\xff', 'image/jpeg'],
  ['GIF87a', 'image/gif'],
  ['GIF89a', 'image/gif'],
  ['%PDF-', 'application/pdf'],
  ['PK\x03\x04', 'application/zip'],
  ['PK\x05\x06', 'application/zip'],
  ['\x1f\x8b\x08', 'application/gzip'],
  ['\x7fELF', 'application/x-elf'],
  ['MZ', 'application/x-msdownload'],
];

/** Compared in lower case with the text after leading white space and byte order mark. */
const MARKUP: readonly (readonly [signature: string, type: string])[] = [
  ['<?=', 'application/x-php'],
  ['<!doctype html', 'text/html'],
  ['<html', 'text/html'],
  ['<head', 'text/html'],
  ['<body', 'text/html'],
  ['<script', 'text/html'],
  ['<iframe', 'text/html'],
  ['<svg', 'image/svg+xml'],
];

/** The media type of a file that begins with `head` (latin1, FILE_MAGIC_BYTES of it); '' if none is known. */
export function magicOf(head: string): string {
  if (/<\?php/i.test(head)) return 'application/x-php'; // behind the first bytes of an image too, or a line of text
  for (const [signature, type] of SIGNATURES) if (head.startsWith(signature)) return type;
  if (head.startsWith('RIFF') && head.startsWith('WEBP', 8)) return 'image/webp';
  const text = head.replace(/^(?:\xef\xbb\xbf)?[\t\n\f\r ]*/, '').toLowerCase();
  for (const [signature, type] of MARKUP) if (text.startsWith(signature)) return type;
  if (text.startsWith('<?xml') || text.startsWith('<!doctype')) {
    return text.includes('<svg') ? 'image/svg+xml' : text.includes('<html') ? 'text/html' : 'text/xml';
  }
  return head !== '' && !/[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]/.test(head) ? 'text/plain' : '';
}
