/**
 * What the reader of scripts (script-effect.ts) remembers of the text before it: the kind of the last token, and the kinds of
 * the brackets that are open.
 */

// What stands before the current token.
export const START = 0; // nothing known: operand or operator may follow
export const OPERATOR = 1; // an operand must follow
export const OPENED = 2; // an operand or a closing bracket may follow
export const MEMBER_DOT = 3; // a name must follow
export const BLOCK = 4; // closing brace, or the head of a statement: anything may follow
export const NAME = 5; // operands from here on
export const LITERAL = 6;
export const CALLED = 7; // closing parenthesis of a call
export const CLOSED = 8;

// Kinds of open brackets; 0 is none.
export const GROUP = 1;
export const CALL = 2;
export const CALL_OF_LITERAL = 3;
export const CONTROL = 4;
export const ARRAY = 5;
export const MEMBER = 6;
export const TELLING_MEMBER = 7;
export const BRACE = 8;
export const TEMPLATE = 9;
/** Of a template that a function is called with. */
export const CALL_TEMPLATE = 10;

/** By kind. */
export const CLOSER: readonly number[] = [0, 0x29, 0x29, 0x29, 0x29, 0x5d, 0x5d, 0x5d, 0x7d, 0x7d, 0x7d];
