/** The transformations and predicates of the language: the only list of them, by name. */
import { append } from './append.ts';
import { base64_decode } from './base64-decode.ts';
import { basename } from './basename.ts';
import { cmd_line } from './cmd-line.ts';
import { css_decode } from './css-decode.ts';
import { detect_command } from './detect-command.ts';
import { detect_shell } from './detect-shell.ts';
import { detect_sqli } from './detect-sqli.ts';
import { detect_xss } from './detect-xss.ts';
import { digits } from './digits.ts';
import { drop_prefix } from './drop-prefix.ts';
import { escape_decode } from './escape-decode.ts';
import { find } from './find.ts';
import { hex_decode } from './hex-decode.ts';
import { hex_encode } from './hex-encode.ts';
import { hmac_sha256 } from './hmac-sha256.ts';
import { html_decode } from './html-decode.ts';
import { is_ascii } from './is-ascii.ts';
import { is_private } from './is-private.ts';
import { is_url_encoded } from './is-url-encoded.ts';
import { is_utf8 } from './is-utf8.ts';
import { js_decode } from './js-decode.ts';
import { json_parse } from './json-parse.ts';
import { length } from './length.ts';
import { lower } from './lower.ts';
import { luhn } from './luhn.ts';
import { media_type } from './media-type.ts';
import { nfkc } from './nfkc.ts';
import { normalize_path_win } from './normalize-path-win.ts';
import { normalize_path } from './normalize-path.ts';
import { or_else } from './or-else.ts';
import { percent_decode } from './percent-decode.ts';
import { plus_decode } from './plus-decode.ts';
import { prepend } from './prepend.ts';
import { remove_comment_chars } from './remove-comment-chars.ts';
import { remove_nulls } from './remove-nulls.ts';
import { remove_space } from './remove-space.ts';
import { replace_comments } from './replace-comments.ts';
import { sha1 } from './sha1.ts';
import { sha256 } from './sha256.ts';
import { slashes } from './slashes.ts';
import { squeeze } from './squeeze.ts';
import { strip_comments } from './strip-comments.ts';
import { subnet } from './subnet.ts';
import { text } from './text.ts';
import { to_int } from './to-int.ts';
import { to_ip } from './to-ip.ts';
import { trim } from './trim.ts';
import { unwrap } from './unwrap.ts';
import { upper } from './upper.ts';
import { url_decode_uni } from './url-decode-uni.ts';
import { url_host } from './url-host.ts';
import { url_port } from './url-port.ts';
import { url_scheme } from './url-scheme.ts';
import { utf8_to_unicode } from './utf8-to-unicode.ts';
import { base64_decode_ext } from './base64-decode-ext.ts';
import { base64_decode_strict } from './base64-decode-strict.ts';
import { base64_encode } from './base64-encode.ts';
import { html_decode_basic } from './html-decode-basic.ts';
import { md5 } from './md5.ts';
import { replace_nulls } from './replace-nulls.ts';
import { sql_hex_decode } from './sql-hex-decode.ts';
import { trim_left } from './trim-left.ts';
import { trim_right } from './trim-right.ts';
import { url_encode } from './url-encode.ts';
import { parity_even_7bit, parity_odd_7bit, parity_zero_7bit } from './parity-7bit.ts';
import type { Transformation } from './transformation.ts';

const ALL: readonly Transformation[] = [
  lower,
  upper,
  trim,
  trim_left,
  trim_right,
  squeeze,
  nfkc,
  percent_decode,
  plus_decode,
  url_decode_uni,
  html_decode,
  html_decode_basic,
  js_decode,
  css_decode,
  escape_decode,
  unwrap,
  base64_decode,
  base64_decode_strict,
  base64_decode_ext,
  base64_encode,
  sql_hex_decode,
  hex_decode,
  hex_encode,
  utf8_to_unicode,
  url_encode,
  parity_even_7bit,
  parity_odd_7bit,
  parity_zero_7bit,
  remove_nulls,
  replace_nulls,
  remove_space,
  strip_comments,
  replace_comments,
  remove_comment_chars,
  cmd_line,
  slashes,
  normalize_path,
  normalize_path_win,
  basename,
  length,
  digits,
  find,
  md5,
  sha1,
  sha256,
  hmac_sha256,
  json_parse,
  media_type,
  subnet,
  url_scheme,
  url_host,
  url_port,
  to_int,
  to_ip,
  text,
  prepend,
  append,
  drop_prefix,
  or_else,
  luhn,
  is_utf8,
  is_ascii,
  is_private,
  is_url_encoded,
  detect_command,
  detect_shell,
  detect_sqli,
  detect_xss,
];

/** By name, in the order of the reference. The entries are frozen. */
export const TRANSFORMATIONS: ReadonlyMap<string, Transformation> = new Map(
  ALL.map((transformation) => [transformation.name, Object.freeze(transformation)]),
);
