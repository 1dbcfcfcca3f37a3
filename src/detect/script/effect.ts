/** What a script does, as far as its text tells. */

/** Nothing happens, or the text is no script. */
export const NO_EFFECT = 0;
/** Something is called or set. */
export const CALLS = 1;
/** Something is called that hardly anything but an attack calls. */
export const TELLING = 2;
export type Effect = 0 | 1 | 2;
