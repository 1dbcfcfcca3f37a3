/**
 * What a filter or a database takes out of a text, or turns into something else, before a page gets it: letters that show
 * nothing, controls, tags and comments within words, typographic quotes that become plain ones in the character
 * set of a page (best-fit mapping). Probes are sent in pieces that such a cleaner puts together: `"onm<>ouseover="`.
 */
import { MARKUP_SHORT_BYTES_MAX } from '../../core/limits.ts';

/** A look that tells whether anything below is there. */
const DISGUISE =
  /[\x01-\x08\x0e-\x1f\x7f]|\xe2\x80[\x8b-\x8f\x98-\x9f]|\xe2\x81\xa0|\xef\xbb\xbf|\xc2\xad|<>|[\w=(]<[^<>]{0,64}>[\w=(]|\w\/\*[^*]{0,16}\*\/\w/;
/** Controls but white space; zero-width characters, soft hyphen and byte order mark, as UTF-8; tags within words. */
const DELETED =
  /[\x01-\x08\x0e-\x1f\x7f]|\xe2\x80[\x8b-\x8f]|\xe2\x81\xa0|\xef\xbb\xbf|\xc2\xad|<>|(?<=[\w=(])<[^<>]{0,64}>(?=[\w=(])|(?<=\w)\/\*[^*]{0,16}\*\/(?=\w)/g;
const SINGLE_QUOTES = /\xe2\x80[\x98-\x9b]/g;
const DOUBLE_QUOTES = /\xe2\x80[\x9c-\x9f]/g;

/** A short text as it is behind such a cleaner; the same string when nothing changes, or when it is long. Linear. */
export function undisguised(text: string): string {
  if (text.length > MARKUP_SHORT_BYTES_MAX || !DISGUISE.test(text)) return text;
  return text.replace(DELETED, '').replace(SINGLE_QUOTES, "'").replace(DOUBLE_QUOTES, '"');
}
