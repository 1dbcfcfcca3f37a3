/**
 * The header of one part of a form (RFC 7578 §4), read strictly: what servers read in different ways is a fault.
 *
 * That means: exactly one Content-Disposition, `form-data` with a quoted `name` and at most a quoted `filename`, no
 * backslash in either (some unescape it, some do not), no `filename*` (RFC 7578 §4.2 forbids it, some honour it), no
 * folded lines, and no Content-Transfer-Encoding that would have to be decoded (§4.7). A header with a fault still ends
 * where it ends, so its part is read under the names a forgiving server would find.
 */
import type { FaultReason } from './reader.ts';
import { isReadableCharset, parseMediaType } from './media-type.ts';

export interface PartHeader {
  readonly name: string;
  /** Null when the part is a field. */
  readonly filename: string | null;
  /** Declared media type without parameters; '' if none. */
  readonly type: string;
  readonly fault: FaultReason | null;
}

type Disposition = Pick<PartHeader, 'name' | 'filename'>;

const LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/;
const DISPOSITION = /^form-data[ \t]*(?=;)/i;
const DISPOSITION_PARAMETER = /;[ \t]*(name|filename)="([^"\\]*)"[ \t]*/iy;

/** The first of each parameter in whatever spelling; a name that is not quoted ends at the next separator. */
const LOOSE_NAME = /[;\s]name\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^;\s]*))/i;
const LOOSE_FILENAME = /[;\s]filename\*?\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^;\s]*))/i;

/** @param lines header lines without CRLF */
export function readPartHeader(lines: readonly string[]): PartHeader {
  const header = readStrictly(lines);
  if (typeof header !== 'string') return header;
  const line = lines.find((text) => /disposition/i.test(text.slice(0, text.indexOf(':')))) ?? '';
  const name = LOOSE_NAME.exec(line);
  const filename = LOOSE_FILENAME.exec(line);
  return {
    name: name?.[1] ?? name?.[2] ?? '',
    filename: filename === null ? null : (filename[1] ?? filename[2]),
    type: '',
    fault: header,
  };
}

function readStrictly(lines: readonly string[]): PartHeader | FaultReason {
  const fields = new Map<string, string>();
  for (const line of lines) {
    const field = LINE.exec(line);
    if (field === null) return 'multipart.header';
    const name = field[1].toLowerCase();
    if (fields.has(name)) return 'multipart.header';
    fields.set(name, field[2].trimEnd());
  }
  const disposition = readDisposition(fields.get('content-disposition') ?? '');
  if (disposition === null) return 'multipart.header';
  const encoding = (fields.get('content-transfer-encoding') ?? 'binary').toLowerCase();
  if (encoding !== '7bit' && encoding !== '8bit' && encoding !== 'binary') return 'multipart.header';
  if (disposition.name === '_charset_') return 'charset.unsupported'; // §4.6: would give all other fields a charset
  const declared = fields.get('content-type');
  if (declared === undefined) return { ...disposition, type: '', fault: null };
  const type = parseMediaType(declared);
  if (!type.sound || type.essence.startsWith('multipart/')) return 'multipart.header';
  if (!isReadableCharset(type)) return 'charset.unsupported';
  return { ...disposition, type: type.essence, fault: null };
}

function readDisposition(field: string): Disposition | null {
  const kind = DISPOSITION.exec(field);
  if (kind === null) return null;
  let name: string | null = null;
  let filename: string | null = null;
  let at = kind[0].length;
  while (at < field.length) {
    DISPOSITION_PARAMETER.lastIndex = at;
    const found = DISPOSITION_PARAMETER.exec(field);
    if (found === null) return null;
    if (found[1].toLowerCase() === 'name') {
      if (name !== null) return null;
      name = found[2];
    } else {
      if (filename !== null) return null;
      filename = found[2];
    }
    at = DISPOSITION_PARAMETER.lastIndex;
  }
  return name === null ? null : { name, filename };
}
