/**
 * Where a JSON reader stands: the open objects and arrays, the name and pointer of the next value, the keys seen.
 *
 * Names leave array indexes out (`items.sku`), pointers do not (`/items/0/sku`, RFC 6901). Pointers are prefixes kept per
 * open container, so a value costs one short concatenation; names come from a tree (json-names.ts).
 */
import { JSON_OPEN_KEY_BYTES_MAX, JSON_OPEN_KEY_OVERHEAD_BYTES } from '../../core/limits.ts';
import { type JsonName, JsonNames, joinNames } from './json-names.ts';

export type KeyVerdict = 'new' | 'duplicate' | 'too_many';

/** An open container; made by a constructor for the reason that names are. */
class Frame {
  isArray = false;
  /** Name and pointer of the container itself. */
  node: JsonName;
  name = '';
  path = '';
  /** Elements begun (arrays), number of the object among all of the document (objects). */
  index = 0;
  /** The key that came last. */
  last: JsonName | null = null;
  /** What its keys take. */
  keyBytes = 0;
  empty = true;
  readonly outer: Frame | null;
  /** Reused for whatever is opened inside. */
  inner: Frame | null = null;

  constructor(node: JsonName, outer: Frame | null) {
    this.node = node;
    this.outer = outer;
  }
}

export class JsonFrames {
  readonly #names = new JsonNames();
  /** Name and pointer of the value that comes next. */
  name = '';
  path = '';
  depth = 0;
  #node = this.#names.root;
  /** The innermost open container. */
  #top = new Frame(this.#names.root, null);
  #objects = 0;
  #keyBytes = 0;

  get inArray(): boolean {
    return this.#top.isArray;
  }

  /** True while the innermost container has no member. */
  get empty(): boolean {
    return this.#top.empty;
  }

  /** The key that came next in the last object of this name; null when there was none, or it cannot be compared as it is. */
  get expected(): JsonName | null {
    const { last, node } = this.#top;
    const next = last === null ? node.first : last.next;
    return next?.isPlain === true ? next : null;
  }

  /** Opens a container as the next value. */
  open(isArray: boolean): void {
    this.depth++;
    const frame = (this.#top.inner ??= new Frame(this.#node, this.#top));
    frame.isArray = isArray;
    frame.node = this.#node;
    frame.name = this.name;
    frame.path = this.path;
    frame.index = isArray ? 0 : ++this.#objects;
    frame.last = null;
    frame.keyBytes = 0;
    frame.empty = true;
    this.#top = frame;
  }

  /** Closes the innermost container; `name` and `path` become its own. */
  close(): void {
    const frame = this.#top;
    this.#node = frame.node;
    this.name = frame.name;
    this.path = frame.path;
    this.#keyBytes -= frame.keyBytes;
    this.depth--;
    if (frame.outer !== null) this.#top = frame.outer;
    if (!frame.isArray) this.#names.closed(frame.node);
  }

  /**
   * The document is over: lets go of its names. Whoever holds the reader may be an old object by then, dead or not, and
   * would keep them until a full collection.
   */
  clear(): void {
    this.#names.clear();
    this.#top.inner = null;
  }

  /** The next element of the innermost array begins. */
  element(): void {
    const frame = this.#top;
    frame.empty = false;
    this.#node = frame.node;
    this.name = frame.name;
    this.path = `${frame.path}/${frame.index++}`;
  }

  /** Bytes the name of a value under `key` has. */
  nameBytes(key: string): number {
    const prefix = this.#top.name.length;
    return prefix === 0 ? key.length : prefix + 1 + key.length;
  }

  /** The innermost object has this key (unescaped); `name` and `path` become those of its value. */
  key(key: string, isPlain: boolean): KeyVerdict {
    const { node, name, last } = this.#top;
    const below = this.#names.below(node, name, key, isPlain);
    if (last === null) node.first = below;
    else last.next = below;
    return this.enter(below);
  }

  /** The same for a key that is known; the one that is `expected`. */
  enter(node: JsonName): KeyVerdict {
    const frame = this.#top;
    frame.empty = false;
    frame.last = node;
    this.#node = node;
    this.name = node.name ?? joinNames(frame.name, node.key);
    this.path = frame.path + node.step;
    if (node.seenIn === frame.index) return 'duplicate';
    node.seenIn = frame.index;
    const bytes = node.key.length + JSON_OPEN_KEY_OVERHEAD_BYTES;
    frame.keyBytes += bytes;
    this.#keyBytes += bytes;
    return this.#keyBytes > JSON_OPEN_KEY_BYTES_MAX ? 'too_many' : 'new';
  }
}
