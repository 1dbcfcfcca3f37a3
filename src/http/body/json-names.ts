/**
 * The keys of a JSON document as a tree: each name is made once, however often its field comes.
 *
 * Elements of an array have the same fields, mostly in the same order. So every key remembers which one followed it last,
 * and the reader compares the text with that before it reads a key char by char. Names are the same strings each time, with
 * the hash that V8 keeps in them: whoever looks something up by name pays for its bytes once. A key that the same object
 * has already is a duplicate: each node knows the object it was last seen in.
 */
import { JSON_KEPT_NAME_BYTES_MAX } from '../../core/limits.ts';
import { ownCopy } from './latin1.ts';

/** What a node takes beside its texts, about. */
const NODE_BYTES = 128;

/**
 * A key in its place. Made by a constructor: literals of which many outlive a collection V8 puts among old objects from
 * then on, where they and all they refer to stay until a full one.
 */
export class JsonName {
  /** Unescaped. */
  readonly key: string;
  /** Of the values under the key; null when there is too much to remember. */
  readonly name: string | null;
  /** The key as the last step of a pointer, `/key`. */
  readonly step: string;
  /** The key stands in the text as it is: no escape is needed, none was used. */
  readonly isPlain: boolean;
  /** Bytes of the keys and names below. */
  bytesBelow = 0;
  children: Map<string, JsonName> | null = null;
  /** The first key of the last object of this name, and the one that followed this one last. */
  first: JsonName | null = null;
  next: JsonName | null = null;
  /** Number of the object it was last seen in; objects have numbers from 1 on. */
  seenIn = 0;

  constructor(key: string, name: string | null, isPlain: boolean) {
    const pointer = key.indexOf('~') < 0 && key.indexOf('/') < 0 ? key : escapePointer(key);
    this.key = key;
    this.name = name;
    this.step = `/${pointer}`;
    this.isPlain = isPlain;
  }
}

/** Name of the value under `key` in a container named `outer`, `items.sku`; the name of the document itself is empty. */
export function joinNames(outer: string, key: string): string {
  return outer === '' ? key : `${outer}.${key}`;
}

export class JsonNames {
  readonly root = new JsonName('', '', true);
  #bytes = 0;

  /** The node of a key in an object of this node and name; the key is copied where it is new. O(1) beside hashing it. */
  below(outer: JsonName, outerName: string, key: string, isPlain: boolean): JsonName {
    outer.children ??= new Map();
    const known = outer.children.get(hashable(key));
    if (known !== undefined) return known;
    const own = ownCopy(key);
    const isKept = this.#bytes <= JSON_KEPT_NAME_BYTES_MAX;
    const node = new JsonName(own, isKept ? ownCopy(joinNames(outerName, own)) : null, isPlain);
    outer.children.set(hashable(own), node);
    const bytes = NODE_BYTES + own.length + (node.name?.length ?? 0);
    outer.bytesBelow += bytes;
    this.#bytes += bytes;
    return node;
  }

  /** An object of this name was closed. With much to remember, what is below it is forgotten. */
  closed(node: JsonName): void {
    if (this.#bytes <= JSON_KEPT_NAME_BYTES_MAX) return;
    this.#forgetBelow(node);
  }

  /** Forgets all names but that of the document. */
  clear(): void {
    this.root.children = null;
    this.root.first = null;
  }

  #forgetBelow(node: JsonName): void {
    if (node.children === null) return;
    for (const child of node.children.values()) this.#forgetBelow(child);
    this.#bytes -= node.bytesBelow;
    node.bytesBelow = 0;
    node.children = null;
    node.first = null;
  }
}

/**
 * V8 hashes strings of digits by their value, without a seed: a sender could choose keys that all collide. No two keys
 * share an entry.
 */
function hashable(key: string): string {
  const first = key.charCodeAt(0);
  return (first >= 0x30 && first <= 0x39) || first === 0x22 ? `"${key}` : key;
}

/** RFC 6901 §3. */
function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
