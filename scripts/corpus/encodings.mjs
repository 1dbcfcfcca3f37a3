// Disguises of attacks. Each keeps the attack working for some receiver: what changes the meaning is no evasion, and a
// detector is right to let it pass. A disguise returns undefined where it does not apply or would change nothing.
import { percentEncode } from '../../bench/detection/places.mjs';

const SQL_WORDS =
  /\b(?:select|union|from|where|and|or|order|by|group|having|insert|update|delete|drop|table|sleep|exec|case|when|then|else|limit|into|null|like|between|exists)\b/gi;

const changed = (before, after) => (after === before ? undefined : after);
const mixedCase = (word) =>
  [...word].map((char, at) => (at % 2 === 0 ? char.toLowerCase() : char.toUpperCase())).join('');
const percentAll = (text) =>
  [...Buffer.from(text, 'utf8')].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
const unicodeEscape = (text) =>
  [...text].map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
const iisEscape = (text) =>
  [...text]
    .map((char) => (/\w/.test(char) ? char : `%u${char.charCodeAt(0).toString(16).padStart(4, '0')}`))
    .join('');
const entities = (text) => [...text].map((char) => `&#x${char.charCodeAt(0).toString(16)};`).join('');
const isAscii = (text) => /^[\0-\x7f]*$/.test(text);

/** Disguises of the text itself, by class. The place then carries the disguised text. */
export const TEXT_ENCODINGS = {
  sqli: {
    mixed_case: (text) => changed(text, text.replace(SQL_WORDS, mixedCase)),
    comment_spaces: (text) => changed(text, text.replace(/(?<=\w) (?=\w)/g, '/**/')),
    line_spaces: (text) => changed(text, text.replace(/(?<=[\w')]) (?=[\w'(])/g, '\n')),
    tab_spaces: (text) => changed(text, text.replace(/(?<=[\w')]) (?=[\w'(])/g, '\t')),
    // MySQL runs what stands in a comment that begins with an exclamation mark.
    versioned_comment: (text) =>
      changed(
        text,
        text.replace(/\b(?:union|select|or|and|sleep)\b/gi, (word) => `/*!50000${word}*/`),
      ),
    // A line comment ends at the line feed; MySQL wants a space or control character after the dashes.
    dash_newline: (text) => changed(text, text.replace(/\bunion select\b/i, 'union-- x\nselect')),
  },
  xss: {
    mixed_case: (text) => changed(text, text.replace(/<\/?[a-z]+|\bon[a-z]+(?==)/gi, mixedCase)),
    slash_separator: (text) => changed(text, text.replace(/(<[a-z]+) (?=[a-z]+=)/gi, '$1/')),
    line_separator: (text) => changed(text, text.replace(/(<[a-z]+) (?=[a-z]+=)/gi, '$1\n')),
    // Browsers drop tabs and line feeds inside a URL's scheme (WHATWG URL, "remove all ASCII tab or newline").
    broken_scheme: (text) => changed(text, text.replace(/javascript:/gi, 'java\nscr\tipt:')),
    // Character references are decoded in attribute values (WHATWG HTML, attribute value states).
    html_entities: (text) =>
      changed(
        text,
        text.replace(/(on\w+=["']?)alert\(7\)/gi, (_, name) => name + entities('alert(7)')),
      ),
    entity_scheme: (text) =>
      changed(
        text,
        text.replace(
          /((?:href|src|action|data)=["']?)javascript/gi,
          (_, name) => name + entities('javascript'),
        ),
      ),
    // An identifier may be spelled with Unicode escapes (ECMA-262, IdentifierName).
    js_unicode: (text) =>
      changed(text, text.replace(/(?<=<script>|on\w+=["']?|javascript:)alert\b/gi, '\\u0061l\\u{65}rt')),
    constructor_call: (text) =>
      changed(text, text.replace(/\balert\(7\)/, '[].map.constructor("al"+"ert(7)")()')),
  },
  'command-unix': {
    ifs_spaces: (text) => changed(text, text.replace(/(?<=[a-z]) (?=[\w/-])/g, '${IFS}')),
    tab_spaces: (text) => changed(text, text.replace(/(?<=[a-z]) (?=[\w/-])/g, '\t')),
    quoted_word: (text) => changed(text, text.replace(/(?<=^|[;|&`( ])([a-z])([a-z]+)\b/, "$1''$2")),
    backslash_word: (text) => changed(text, text.replace(/(?<=^|[;|&`( ])([a-z])([a-z]+)\b/, '$1\\$2')),
    wildcard_path: (text) => changed(text, text.replaceAll('/etc/passwd', '/e?c/p?ss*d')),
    newline_separator: (text) => changed(text, text.replace(/^(x?);/, '$1\n')),
  },
  'command-windows': {
    caret_word: (text) => changed(text, text.replace(/(?<=^|[&| ])([a-z])([a-z]+)\b/, '$1^$2')),
    mixed_case: (text) => changed(text, text.replace(/(?<=^|[&|;] ?)[a-z]+\b/, mixedCase)),
  },
  traversal: {
    doubled_dots: (text) => changed(text, text.replaceAll('../', '....//')),
    backslashes: (text) => (text.includes('../') ? text.replaceAll('/', '\\') : undefined),
    self_steps: (text) => changed(text, text.replaceAll('../', './.././')),
  },
  log4shell: {
    nested_lookup: (text) => changed(text, text.replace('jndi', '${lower:j}nd${::-i}')),
    empty_default: (text) => changed(text, text.replace('{jndi', '{j${x:y:-}ndi')),
  },
  'code-injection': {
    spaced_calls: (text) => changed(text, text.replace(/(?<=[a-z_])\((?=['"])/g, ' (')),
  },
  java: {
    nested_lookup: (text) => changed(text, text.replace('jndi', '${lower:j}nd${::-i}')),
  },
};

/** Spellings on the wire, of any class: the text is sent as returned, not encoded again. */
export const WIRE_ENCODINGS = {
  double_percent: (text) => percentEncode(percentEncode(text)),
  percent_all: percentAll,
  double_percent_all: (text) => percentAll(text).replaceAll('%', '%25'),
  iis_unicode: (text) => (isAscii(text) ? changed(text, iisEscape(text)) : undefined),
};

/** Two bytes for one character: invalid UTF-8 that lax decoders accept (RFC 3629, section 10). */
export const OVERLONG = (text) =>
  changed(
    text,
    percentEncode(text).replace(/%2F/g, '%c0%af').replace(/\.\./g, '%c0%ae%c0%ae').replace(/%5C/g, '%c1%9c'),
  );

export const base64 = (text) => Buffer.from(text, 'utf8').toString('base64');
export { isAscii, percentAll, unicodeEscape };
