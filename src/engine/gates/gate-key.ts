/** Keys of limits, floods and bans: the texts of their parts, joined so that no two keys look the same. */
import { UNKNOWN as UNREADABLE } from '../../http/value.ts';
import type { MaybeValue } from '../../http/value.ts';
import type { EvaluationContext, ScalarReader } from '../evaluation-context.ts';
import { textOf } from '../redaction.ts';
import type { KeyReader } from './gate-program.ts';

const NUL = '\0';

/**
 * One part stands as it is, so that operators can read it. All requests without it share the key NUL; a value that
 * begins with NUL gets one more in front, so that no client can name itself into that key.
 */
function partText(value: MaybeValue): string {
  if (value === undefined) return NUL;
  const text = textOf(value);
  return text.charCodeAt(0) === 0 ? NUL + text : text;
}

/** The key of parts in this order; all but the last carry their length in front. Cost: a few hundred nanoseconds. */
export function keyReader(parts: readonly ScalarReader[]): KeyReader {
  const last = parts.length - 1;
  if (last === 0) {
    const [read] = parts;
    return (evaluation) => {
      const value = read(evaluation);
      return value === UNREADABLE ? null : partText(value);
    };
  }
  return (evaluation) => {
    let key = '';
    for (let i = 0; i < last; i++) {
      const value = parts[i](evaluation);
      if (value === UNREADABLE) return null;
      const text = partText(value);
      key += `${text.length}:${text} `;
    }
    const value = parts[last](evaluation);
    return value === UNREADABLE ? null : key + partText(value);
  };
}

/** All parts are absent: a key that any number of clients share for what they did not send. */
export function namesNobody(key: string): boolean {
  return key.endsWith(NUL) && /^(?:1:\0 )*\0$/.test(key);
}

/** The key of a ban: the value's own text. Nothing is banned for a value that is not there. */
export function banKeyReader(read: ScalarReader): KeyReader {
  return (evaluation: EvaluationContext) => {
    const value = read(evaluation);
    return value === undefined || value === UNREADABLE ? null : textOf(value);
  };
}
