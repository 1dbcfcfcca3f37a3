// Types of hostile-shapes.mjs, for the test that counts work on the same shapes.

/** A text of about so many bytes. */
export type Shape = (bytes: number) => string;

export declare const TEXTS: Readonly<Record<string, Shape>>;
