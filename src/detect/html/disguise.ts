/**
 * What a filter or a database takes out of a text, or turns into something else, before a page gets it: letters that show
 * nothing, controls, quotes and backslashes within words, tags and comments there, typographic quotes that become plain ones in the character
 * set of a page (best-fit mapping). Probes are sent in pieces that such a cleaner puts together: `"onm<>ouseover="`.
 */
import { MARKUP_SHORT_BYTES_MAX } from '../../core/limits.ts';

/** A look that tells whether anything below is there. */
const DISGUISE =
  /[\x01-\x08\x0b\x0e-\x1f\x7f]|\xe2\x80[\x8b-\x8f\x98-\x9f]|\xe2\x81\xa0|\xef\xbb\xbf|\xc2\xad|<>|[\w=(]<[^<>]{0,64}>[\w=(]|\w\/\*[^*]{0,16}\*\/\w/;
/** Controls but white space; zero-width characters, soft hyphen and byte order mark, as UTF-8; tags within words. */
const DELETED =
  /[\x01-\x08\x0e-\x1f\x7f]|\xe2\x80[\x8b-\x8f]|\xe2\x81\xa0|\xef\xbb\xbf|\xc2\xad|<>|(?<=[\w=(])<[^<>]{0,64}>(?=[\w=(])|(?<=\w)\/\*[^*]{0,16}\*\/(?=\w)/g;
const SINGLE_QUOTES = /\xe2\x80[\x98-\x9b]/g;
const DOUBLE_QUOTES = /\xe2\x80[\x9c-\x9f]/g;

/** A tag name with a quote in it: filters that delete quotes leave a tag. */
const QUOTED_NAME = /<\/?['"]?[a-z]{0,8}['"][a-z]/i;
const QUOTES = /['"]/g;
/** Letters and signs behind backslashes that mean nothing there: `stripslashes` and parsers of scripts leave the letters. */
const SLASHED = /(?:\\[ac-egijklmopqsyzACEGIJKLMOPQSY(<>:=/]\w{0,3}){3}/;

/** A short text as it is behind such a cleaner; the same string when nothing changes, or when it is long. Linear. */
export function undisguised(text: string): string {
  if (text.length > MARKUP_SHORT_BYTES_MAX) return text;
  let plain = text;
  if (DISGUISE.test(plain)) {
    plain = plain
      .replaceAll('\v', ' ')
      .replace(DELETED, '')
      .replace(SINGLE_QUOTES, "'")
      .replace(DOUBLE_QUOTES, '"');
  }
  if (SLASHED.test(plain)) plain = plain.replaceAll('\\', '');
  return QUOTED_NAME.test(plain) ? plain.replace(QUOTES, '') : plain;
}
