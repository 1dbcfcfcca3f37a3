/** The formats that a shape's base types promise, checked on whole latin1 strings. Each is linear. */
import { parseIp } from '../http/address.ts';

const UUID = /^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$/;
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
/** RFC 3339 §5.6. */
const DATE_TIME =
  /^(\d{4}-\d{2}-\d{2})[Tt]([01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d{1,9})?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;
/** RFC 5321 §4.1.2 without quoted strings and address literals. */
const EMAIL = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+$/;
const EMAIL_DOTS = /^\.|\.\.|\.@/;
/** RFC 3986 §3: a scheme and something without white space or controls. */
const URI = /^[A-Za-z][A-Za-z0-9+.-]{0,31}:[^\x00-\x20\x7f<>"{}|\\^`]+$/;
/** RFC 8259 number without fraction and exponent. */
const INTEGER = /^-?(?:0|[1-9]\d*)$/;

export type StringFormat = 'uuid' | 'date' | 'datetime' | 'email' | 'uri' | 'ip';

export function hasFormat(format: StringFormat, text: string): boolean {
  switch (format) {
    case 'uuid':
      return UUID.test(text);
    case 'date':
      return isDate(text);
    case 'datetime': {
      const match = DATE_TIME.exec(text);
      return match !== null && isDate(match[1]);
    }
    case 'email':
      return text.length <= 254 && EMAIL.test(text) && !EMAIL_DOTS.test(text);
    case 'uri':
      return URI.test(text);
    case 'ip':
      return parseIp(text) !== null;
  }
}

export function isIntegerText(text: string): boolean {
  return INTEGER.test(text);
}

/** Characters of UTF-8 text held as latin1: bytes that do not continue a sequence. */
export function characterCount(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i++) if ((text.charCodeAt(i) & 0xc0) !== 0x80) count++;
  return count;
}

function isDate(text: string): boolean {
  const match = DATE.exec(text);
  if (match === null) return false;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (month < 1 || month > 12 || day < 1) return false;
  return day <= new Date(Date.UTC(year < 100 ? year + 400 : year, month, 0)).getUTCDate();
}
