/**
 * Where a JSON reader stands: the open objects and arrays, the name and pointer of the next value, the keys seen.
 *
 * Names leave array indexes out (`items.sku`), pointers do not (`/items/0/sku`, RFC 6901). Both are prefixes kept per
 * open container, so a value costs two short concatenations. Keys are compared unescaped: in a small object against
 * each other, beyond KEYS_COMPARED in a set, so that finding duplicates stays linear.
 */
import { JSON_OPEN_KEY_BYTES_MAX } from '../../core/limits.ts';

/** Objects up to this many keys are searched directly: faster than building a set. */
const KEYS_COMPARED = 8;

export type KeyVerdict = 'new' | 'duplicate' | 'too_many';

interface Frame {
  isArray: boolean;
  /** Name and pointer of the container itself. */
  name: string;
  path: string;
  /** Elements begun (arrays) or position of the first key in `#keys` (objects). */
  index: number;
  firstKey: number;
  empty: boolean;
  keySet: Set<string> | null;
}

const ROOT = 0;

/** Name of the value under `key` in a container named `outer`, `items.sku`; the name of the document itself is empty. */
export function joinNames(outer: string, key: string): string {
  return outer === '' ? key : `${outer}.${key}`;
}

export class JsonFrames {
  /** Name and pointer of the value that comes next. */
  name = '';
  path = '';
  depth = 0;
  /** Frames are reused: `#frames[depth]` is the innermost open container. */
  readonly #frames: Frame[] = [blankFrame()];
  #top: Frame = this.#frames[ROOT];
  readonly #keys: string[] = [];
  #keyBytes = 0;

  get inArray(): boolean {
    return this.#top.isArray;
  }

  /** True while the innermost container has no member. */
  get empty(): boolean {
    return this.#top.empty;
  }

  /** Opens a container as the next value. */
  open(isArray: boolean): void {
    this.depth++;
    const frame = (this.#frames[this.depth] ??= blankFrame());
    frame.isArray = isArray;
    frame.name = this.name;
    frame.path = this.path;
    frame.index = 0;
    frame.firstKey = this.#keys.length;
    frame.empty = true;
    this.#top = frame;
  }

  /** Closes the innermost container; `name` and `path` become its own. */
  close(): void {
    const frame = this.#top;
    this.name = frame.name;
    this.path = frame.path;
    if (!frame.isArray) {
      for (let i = frame.firstKey; i < this.#keys.length; i++) this.#keyBytes -= this.#keys[i].length;
      this.#keys.length = frame.firstKey;
      frame.keySet = null;
    }
    this.depth--;
    this.#top = this.#frames[this.depth];
  }

  /** The next element of the innermost array begins. */
  element(): void {
    const frame = this.#top;
    frame.empty = false;
    this.name = frame.name;
    this.path = `${frame.path}/${frame.index++}`;
  }

  /** Bytes the name of a value under `key` has. */
  nameBytes(key: string): number {
    const prefix = this.#top.name.length;
    return prefix === 0 ? key.length : prefix + 1 + key.length;
  }

  /** The innermost object has this key (unescaped); `name` and `path` become those of its value. */
  key(key: string): KeyVerdict {
    const frame = this.#top;
    frame.empty = false;
    const pointer = key.indexOf('~') < 0 && key.indexOf('/') < 0 ? key : escapePointer(key);
    this.name = joinNames(frame.name, key);
    this.path = `${frame.path}/${pointer}`;
    if (this.#seen(frame, key)) return 'duplicate';
    this.#keys.push(key);
    this.#keyBytes += key.length;
    return this.#keyBytes > JSON_OPEN_KEY_BYTES_MAX ? 'too_many' : 'new';
  }

  #seen(frame: Frame, key: string): boolean {
    const count = this.#keys.length - frame.firstKey;
    if (count < KEYS_COMPARED) {
      for (let i = frame.firstKey; i < this.#keys.length; i++) if (this.#keys[i] === key) return true;
      return false;
    }
    if (frame.keySet === null) {
      frame.keySet = new Set();
      for (let i = frame.firstKey; i < this.#keys.length; i++) frame.keySet.add(hashable(this.#keys[i]));
    }
    const entry = hashable(key);
    if (frame.keySet.has(entry)) return true;
    frame.keySet.add(entry);
    return false;
  }
}

/** V8 hashes strings of digits by their value, without a seed: a sender could choose keys that all collide. */
function hashable(key: string): string {
  return `"${key}`;
}

/** RFC 6901 §3. */
function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

function blankFrame(): Frame {
  return { isArray: false, name: '', path: '', index: 0, firstKey: 0, empty: true, keySet: null };
}
