/**
 * SecLang transformations and the steps of Ward that do the same.
 *
 * `none` is no transformation but empties the list, and is resolved in the model. What Ward lacks is known, so that
 * the report can say so.
 */

export interface WardStep {
  readonly name: string;
  readonly argument?: number | string;
}

const COUNTERPARTS: Readonly<Record<string, readonly WardStep[]>> = {
  base64Decode: [{ name: 'base64_decode' }],
  base64DecodeExt: [{ name: 'base64_decode' }],
  cmdLine: [{ name: 'cmd_line' }],
  compressWhitespace: [{ name: 'squeeze' }],
  cssDecode: [{ name: 'css_decode' }],
  escapeSeqDecode: [{ name: 'escape_decode' }],
  hexDecode: [{ name: 'hex_decode' }],
  hexEncode: [{ name: 'hex_encode' }],
  htmlEntityDecode: [{ name: 'html_decode' }],
  jsDecode: [{ name: 'js_decode' }],
  length: [{ name: 'length' }],
  lowercase: [{ name: 'lower' }],
  normalisePath: [{ name: 'normalize_path' }],
  normalisePathWin: [{ name: 'normalize_path_win' }],
  normalizePath: [{ name: 'normalize_path' }],
  normalizePathWin: [{ name: 'normalize_path_win' }],
  removeComments: [{ name: 'strip_comments' }],
  removeCommentsChar: [{ name: 'remove_comment_chars' }],
  removeNulls: [{ name: 'remove_nulls' }],
  removeWhitespace: [{ name: 'remove_space' }],
  replaceComments: [{ name: 'replace_comments' }],
  sha1: [{ name: 'sha1' }],
  trim: [{ name: 'trim' }],
  uppercase: [{ name: 'upper' }],
  urlDecode: [{ name: 'plus_decode' }, { name: 'percent_decode', argument: 1 }],
  urlDecodeUni: [{ name: 'url_decode_uni' }],
  utf8toUnicode: [{ name: 'utf8_to_unicode' }],
};

/** Known to ModSecurity, without a counterpart. */
const WITHOUT_COUNTERPART: readonly string[] = [
  'md5',
  'parityEven7bit',
  'parityOdd7bit',
  'parityZero7bit',
  'replaceNulls',
  'sqlHexDecode',
  'trimLeft',
  'trimRight',
  'urlEncode',
];

const BY_LOWER_CASE = new Map(
  [...Object.keys(COUNTERPARTS), ...WITHOUT_COUNTERPART, 'none'].map((name) => [name.toLowerCase(), name]),
);

/** The name in the spelling of the manual, or undefined for one that does not exist. */
export function knownTransformation(written: string): string | undefined {
  return BY_LOWER_CASE.get(written.toLowerCase());
}

/** The steps for a known transformation, or undefined if Ward has none. */
export function stepsFor(transformation: string): readonly WardStep[] | undefined {
  return COUNTERPARTS[transformation];
}
