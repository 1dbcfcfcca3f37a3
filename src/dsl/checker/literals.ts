/**
 * Literals take their type from their context and are read at compile time: `client.ip in ["10.0.0.0/8"]` holds a
 * network, not a text. A literal that cannot be read is E209, pointing inside the string where that is possible.
 */
import { parseIp, readCidr } from '../../http/address.ts';
import type { Cidr, CidrFault, IpAddress } from '../../http/address.ts';
import type { TypeName } from '../../http/transform/transformation.ts';
import type { DurationLiteral, IntLiteral, Literal, StringLiteral } from '../ast-expression.ts';
import type { Scalar } from '../checked-condition.ts';
import type { Span } from '../source.ts';
import { spanText } from '../source.ts';
import type { Context } from './context.ts';
import { naturalType } from './types.ts';

export type LiteralValue = string | number | boolean | IpAddress | Cidr;

/** RFC 9110 §5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** RFC 9110 §8.3.1, without parameters. */
const MEDIA_TYPE = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+\/[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

const EXPECTED: Readonly<Partial<Record<TypeName, string>>> = {
  Size: 'write a size with its unit, as in `4KiB`',
  Duration: 'write a duration with its unit, as in `10s`',
  Date: 'write a date, as in `2027-03-31`',
  Method: 'write a method in capitals, as in `GET`',
};

const NETWORK_HELP: Readonly<Record<CidrFault, (suggestion: string | undefined) => string>> = {
  malformed: () => 'write it as in "10.0.0.0/8" or "2001:db8::/32"',
  prefix_length: () => 'the prefix is at most 32 bits for IPv4, 128 for IPv6',
  host_bits: (suggestion) => `bits outside the prefix are set; write "${suggestion ?? ''}"`,
};

/** The value of a literal as a `type`, or undefined after a diagnostic. */
export function literalAs(context: Context, literal: Literal, type: TypeName): LiteralValue | undefined {
  if (literal.kind === 'StringLiteral') return stringAs(context, literal, type);
  if (literal.kind === 'MethodLiteral' && type === 'Method') return literal.name;
  const natural = naturalType(literal);
  const fits =
    type === 'Json'
      ? literal.kind === 'IntLiteral' || literal.kind === 'FloatLiteral' || literal.kind === 'BoolLiteral'
      : literal.kind !== 'PercentLiteral' &&
        literal.kind !== 'MethodLiteral' &&
        (type === natural || (type === 'Float' && natural === 'Int'));
  if (fits && literal.kind !== 'MethodLiteral') return literal.value;
  const help = EXPECTED[type];
  context.report('E201', literal.span, `\`${spanText(literal.span)}\` is no ${type}`, {
    note: `${literal.kind === 'PercentLiteral' ? 'a share' : natural}, expected ${type}`,
    ...(help === undefined ? {} : { help }),
  });
  return undefined;
}

function stringAs(context: Context, literal: StringLiteral, type: TypeName): LiteralValue | undefined {
  const text = literal.value;
  const bad = (what: string, help?: string): undefined => {
    context.report(
      'E209',
      insideOf(literal),
      `\`${text}\` is no ${what}`,
      help === undefined ? {} : { help },
    );
    return undefined;
  };
  switch (type) {
    case 'String':
    case 'Json':
    case 'Bytes':
    case 'Secret':
      return text;
    case 'Ip':
      return parseIp(text) ?? bad('address', 'write it as in "192.0.2.1" or "2001:db8::1"');
    case 'Cidr': {
      const reading = readCidr(text);
      if (reading.ok) return reading.cidr;
      return bad('network', NETWORK_HELP[reading.reason](reading.suggestion));
    }
    case 'MediaType':
      if (MEDIA_TYPE.test(text)) return text.toLowerCase();
      return bad('media type', 'write type and subtype without parameters, as in "application/json"');
    case 'Method':
      return TOKEN.test(text) ? text : bad('method');
    case 'Bool':
    case 'Int':
    case 'Float':
    case 'Duration':
    case 'Size':
    case 'Date':
    case 'Route': {
      const help = EXPECTED[type];
      context.report('E201', literal.span, `a text is no ${type}`, {
        note: `String, expected ${type}`,
        ...(help === undefined ? {} : { help }),
      });
      return undefined;
    }
  }
}

/** The text of a string between its quotes. */
function insideOf(literal: StringLiteral): Span {
  const { source, start, end } = literal.span;
  return end - start > 2 ? { source, start: start + 1, end: end - 1 } : literal.span;
}

/** A literal as a scalar of that type, or undefined after a diagnostic. */
export function literalScalar(context: Context, literal: Literal, type: TypeName): Scalar | undefined {
  const value = literalAs(context, literal, type);
  return value === undefined ? undefined : { kind: 'literal', type, value, span: literal.span };
}

/** Checks an integer against inclusive bounds (E209), and gives it back, moved into them. */
export function intWithin(
  context: Context,
  literal: IntLiteral,
  low: number,
  high: number,
  what: string,
): number {
  if (literal.value >= low && literal.value <= high) return literal.value;
  const range = high === Infinity ? `at least ${low}` : `${low} to ${high}`;
  context.report('E209', literal.span, `${what} must be ${range}`);
  return Math.min(Math.max(literal.value, low), high);
}

const UNITS_MS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const;

/** A duration as an author writes it, in the largest unit that needs no fraction. */
function showMs(ms: number): string {
  const [unit, size] = UNITS_MS.find((one) => ms % one[1] === 0) ?? ['ms', 1];
  return `${ms / size}${unit}`;
}

/** Checks a duration against inclusive bounds in milliseconds (E209), and gives its milliseconds, moved into them. */
export function millisecondsWithin(
  context: Context,
  literal: DurationLiteral,
  low: number,
  high: number,
  what: string,
): number {
  const ms = literal.value / 1_000;
  if (ms < low || ms > high) {
    context.report('E209', literal.span, `${what} must be ${showMs(low)} to ${showMs(high)}`);
  } else if (!Number.isInteger(ms)) {
    context.report('E209', literal.span, `${what} is counted in whole milliseconds`);
  }
  return Math.min(Math.max(Math.round(ms), low), high);
}
