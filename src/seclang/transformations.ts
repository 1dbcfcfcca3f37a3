/**
 * SecLang transformations and the steps of Ward that do the same.
 *
 * Byte for byte: where Ward's own decoder reads more than the reference does, SecLang's has a step beside it
 * (`html_decode_basic` beside `html_decode`). `none` is no transformation but empties the list, and is resolved in the
 * model.
 */

export interface WardStep {
  readonly name: string;
  readonly argument?: number | string;
}

const COUNTERPARTS: Readonly<Record<string, readonly WardStep[]>> = {
  base64Decode: [{ name: 'base64_decode_strict' }],
  base64DecodeExt: [{ name: 'base64_decode_ext' }],
  base64Encode: [{ name: 'base64_encode' }],
  cmdLine: [{ name: 'cmd_line' }],
  compressWhitespace: [{ name: 'squeeze' }],
  cssDecode: [{ name: 'css_decode' }],
  escapeSeqDecode: [{ name: 'escape_decode' }],
  hexDecode: [{ name: 'hex_decode' }],
  hexEncode: [{ name: 'hex_encode' }],
  htmlEntityDecode: [{ name: 'html_decode_basic' }],
  jsDecode: [{ name: 'js_decode' }],
  length: [{ name: 'length' }],
  lowercase: [{ name: 'lower' }],
  md5: [{ name: 'md5' }],
  normalisePath: [{ name: 'normalize_path' }],
  normalisePathWin: [{ name: 'normalize_path_win' }],
  normalizePath: [{ name: 'normalize_path' }],
  normalizePathWin: [{ name: 'normalize_path_win' }],
  parityEven7bit: [{ name: 'parity_even_7bit' }],
  parityOdd7bit: [{ name: 'parity_odd_7bit' }],
  parityZero7bit: [{ name: 'parity_zero_7bit' }],
  removeComments: [{ name: 'strip_comments' }],
  removeCommentsChar: [{ name: 'remove_comment_chars' }],
  removeNulls: [{ name: 'remove_nulls' }],
  removeWhitespace: [{ name: 'remove_space' }],
  replaceComments: [{ name: 'replace_comments' }],
  replaceNulls: [{ name: 'replace_nulls' }],
  sha1: [{ name: 'sha1' }],
  sqlHexDecode: [{ name: 'sql_hex_decode' }],
  trim: [{ name: 'trim' }],
  trimLeft: [{ name: 'trim_left' }],
  trimRight: [{ name: 'trim_right' }],
  uppercase: [{ name: 'upper' }],
  urlDecode: [{ name: 'plus_decode' }, { name: 'percent_decode', argument: 1 }],
  urlDecodeUni: [{ name: 'url_decode_uni' }],
  urlEncode: [{ name: 'url_encode' }],
  utf8toUnicode: [{ name: 'utf8_to_unicode' }],
};

/** Every transformation of ModSecurity 2 and 3 but `none`, in the spelling of the manual. */
export const TRANSFORMATION_NAMES: readonly string[] = Object.keys(COUNTERPARTS);

const BY_LOWER_CASE = new Map([...TRANSFORMATION_NAMES, 'none'].map((name) => [name.toLowerCase(), name]));

/** The name in the spelling of the manual, or undefined for one that does not exist. */
export function knownTransformation(written: string): string | undefined {
  return BY_LOWER_CASE.get(written.toLowerCase());
}

/** The steps for a known transformation, or undefined if Ward has none. */
export function stepsFor(transformation: string): readonly WardStep[] | undefined {
  return COUNTERPARTS[transformation];
}
