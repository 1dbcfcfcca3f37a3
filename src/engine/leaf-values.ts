/** What a JSON leaf and a part of a file are to the rules. */
import { LEAF } from '../http/value.ts';
import type { FileRecord, MaybeValue } from '../http/value.ts';

/** A container, to tests: of a type no literal has. */
export const EMPTY_OBJECT: MaybeValue = Object.freeze({ json: Object.freeze({}) });
export const EMPTY_ARRAY: MaybeValue = Object.freeze({ json: Object.freeze([]) });

/** A JSON leaf as a value: the number, the boolean, or null in its box. */
export function typedLeaf(leaf: number, text: string): MaybeValue {
  switch (leaf) {
    case LEAF.NUMBER:
      return Number(text);
    case LEAF.BOOLEAN:
      return text === 'true';
    case LEAF.NULL:
      return { json: null };
    case LEAF.EMPTY:
      return EMPTY_OBJECT;
    default:
      return text;
  }
}

/** One part of a file; an empty declared or detected type is absent. */
export function partOf(file: FileRecord, part: string): MaybeValue {
  switch (part) {
    case 'name':
      return file.name;
    case 'filename':
      return file.filename;
    case 'type':
      return file.type === '' ? undefined : file.type;
    case 'size':
      return file.size;
    case 'magic':
      return file.magic === '' ? undefined : file.magic;
    default:
      return undefined;
  }
}
