/** What a byte of JavaScript can begin, and the words that its grammar and attacks give a meaning (ECMA-262 §12). */

/** Classes of first bytes. */
export const UNFIT = 0;
export const BLANK = 1;
export const LINE_END = 2;
export const WORD = 3;
export const DIGIT = 4;
export const QUOTE = 5;
export const BACKTICK = 6;
export const OPEN = 7;
export const CLOSE = 8;
export const PREFIX = 9;
export const INFIX = 10;
export const SLASH = 11;
export const DOT = 12;
export const COMMA = 13;
export const SEMICOLON = 14;
export const EQUALS = 15;

const GROUPS: readonly (readonly [string, number])[] = [
  ['\t\v\f \xa0', BLANK],
  ['\n\r', LINE_END],
  ['0123456789', DIGIT],
  ['\'"', QUOTE],
  ['`', BACKTICK],
  ['([{', OPEN],
  [')]}', CLOSE],
  ['+-!~', PREFIX],
  ['*%&|^<>?:', INFIX],
  ['/', SLASH],
  ['.', DOT],
  [',', COMMA],
  [';', SEMICOLON],
  ['=', EQUALS],
];

/** By code unit. Bytes of other scripts are letters, as is the backslash that begins an escape. */
export const TOKEN_CLASS: Uint8Array = tokenClasses();

function tokenClasses(): Uint8Array {
  const classes = new Uint8Array(256);
  for (let code = 0; code < 256; code++) {
    if (code >= 0x80 || /[A-Za-z_$\\]/.test(String.fromCharCode(code))) classes[code] = WORD;
  }
  for (const [chars, kind] of GROUPS) for (const char of chars) classes[char.charCodeAt(0)] = kind;
  return classes;
}

/** What a name in brackets begins with when it is made, not given: `top['al' + 'ert']`, `top[8680439..toString(30)]`. */
export const MAKES_NAMES: ReadonlySet<number> = new Set([QUOTE, BACKTICK, SLASH, DIGIT, OPEN]);

/** Whether the code goes on a word: letters and digits. */
export function isWordPart(code: number): boolean {
  const kind = code > 0xff ? WORD : TOKEN_CLASS[code];
  return kind === WORD || kind === DIGIT;
}

const words = (list: string): ReadonlySet<string> => new Set(list.trim().split(/\s+/));

/** After these an operand or a statement follows. */
export const LEADING_WORDS = words(`
  await break case catch class const continue debugger default delete do else export extends finally for function if
  import let new return switch throw try typeof var void while with yield`);
/** Operators that are words. */
export const INFIX_WORDS = words('in instanceof of');
/** Names that may stand before another name on the same line: `async f`, `get x`. */
export const CONTEXTUAL_WORDS = words('async get set static as from');
/** Words whose parentheses a statement follows. */
export const CONTROL_WORDS = words('if for while with switch catch');

/** Functions that attacks call to show or run something. */
export const TELLING_CALLS = words('alert prompt confirm eval execScript');
/** Of them, those that programs also use for something of their own: the prompt of a language model, a question to confirm. */
export const ORDINARY_NAMES = words('prompt confirm');
/** Objects that hold all global names. */
export const GLOBAL_OBJECTS = words('window self top parent frames globalThis this');
/** Functions that run their first argument when it is a text. */
export const TEXT_RUNNERS = words('setTimeout setInterval setImmediate Function constructor');
/** Names whose value an attacker sets, and functions that unwrap text. */
export const FOREIGN_TEXT = words(
  'atob unescape decodeURI decodeURIComponent String location name document window alert',
);
/** Members and globals whose assignment navigates or writes markup. */
export const TELLING_TARGETS = words('location href innerHTML outerHTML srcdoc src action cookie domain');
