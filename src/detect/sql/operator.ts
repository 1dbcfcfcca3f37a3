/** The operators of SQL, longest first, with what they do; those of JSON and arrays in PostgreSQL and SQLite among them. */
import { TOKEN } from './token.ts';

/** An operator of `bytes` bytes, packed into one number so that looking one up allocates nothing. */
function operator(bytes: number, kind: number): number {
  return kind * 4 + bytes;
}

export function operatorBytes(packed: number): number {
  return packed & 3;
}

export function operatorKind(packed: number): number {
  return packed >> 2;
}

/** The operator that begins with the bytes `first`, `second`, `third`; `TOKEN.OTHER` of one byte when there is none. */
export function operatorOf(first: number, second: number, third: number): number {
  switch (first) {
    case 0x3d: // =, ==, =*
      return operator(second === 0x3d || second === 0x2a ? 2 : 1, TOKEN.COMPARE);
    case 0x3c: // <, <=, <>, <=>, <<, <@
      if (second === 0x3c) return operator(2, TOKEN.CALCULATE);
      if (second === 0x3d && third === 0x3e) return operator(3, TOKEN.COMPARE);
      return operator(second === 0x3d || second === 0x3e || second === 0x40 ? 2 : 1, TOKEN.COMPARE);
    case 0x3e: // >, >=, >>
      if (second === 0x3e) return operator(2, TOKEN.CALCULATE);
      return operator(second === 0x3d ? 2 : 1, TOKEN.COMPARE);
    case 0x21: // !, !=, !<, !>, !~
      if (second === 0x3d || second === 0x3c || second === 0x3e || second === 0x7e)
        return operator(2, TOKEN.COMPARE);
      return operator(1, TOKEN.NEGATE);
    case 0x7e: // ~, ~*
      return second === 0x2a ? operator(2, TOKEN.COMPARE) : operator(1, TOKEN.NEGATE);
    case 0x26: // &, &&
      return second === 0x26 ? operator(2, TOKEN.JUNCTION) : operator(1, TOKEN.CALCULATE);
    case 0x7c: // |, ||
      return second === 0x7c ? operator(2, TOKEN.BARS) : operator(1, TOKEN.CALCULATE);
    case 0x2d: // -, ->, ->>
      if (second === 0x3e) return operator(third === 0x3e ? 3 : 2, TOKEN.CALCULATE);
      return operator(1, TOKEN.SIGN);
    case 0x2b:
      return operator(1, TOKEN.SIGN);
    case 0x2a: // *, *=
      return second === 0x3d ? operator(2, TOKEN.COMPARE) : operator(1, TOKEN.STAR);
    case 0x23: // # (XOR of PostgreSQL), #>, #>>
      if (second === 0x3e) return operator(third === 0x3e ? 3 : 2, TOKEN.CALCULATE);
      return operator(1, TOKEN.CALCULATE);
    case 0x25: // %
    case 0x2f: // /
    case 0x5e: // ^
      return operator(1, TOKEN.CALCULATE);
    case 0x28:
      return operator(1, TOKEN.OPEN);
    case 0x29:
      return operator(1, TOKEN.CLOSE);
    case 0x2c:
      return operator(1, TOKEN.COMMA);
    case 0x3b:
      return operator(1, TOKEN.SEMICOLON);
    case 0x7b:
      return operator(1, TOKEN.OPEN_BRACE);
    case 0x7d:
      return operator(1, TOKEN.CLOSE_BRACE);
    default:
      return operator(1, TOKEN.OTHER);
  }
}
