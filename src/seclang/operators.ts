/** The second word of a SecRule: an operator and its argument. */
import type { Operator } from './ast.ts';
import { DirectiveMistake } from './problem.ts';

/** Every operator of ModSecurity 2 and 3, in the spelling of its manual. */
const KNOWN_OPERATORS: readonly string[] =
  `beginsWith contains containsWord detectSQLi detectXSS endsWith eq fuzzyHash ge
  geoLookup gsbLookup gt inspectFile ipMatch ipMatchF ipMatchFromFile le lt noMatch pm pmf pmFromFile rbl rsub rx rxGlobal
  streq strmatch unconditionalMatch validateByteRange validateDTD validateHash validateSchema validateUrlEncoding
  validateUtf8Encoding verifyCC verifyCPF verifySSN verifySVNR within`.split(/\s+/);

/** Operators are found whatever their letter case. */
const BY_LOWER_CASE = new Map(KNOWN_OPERATORS.map((name) => [name.toLowerCase(), name]));

const ALIASES: Readonly<Record<string, string>> = { pmf: 'pmFromFile', ipMatchF: 'ipMatchFromFile' };

/** Operators whose argument names files. */
export const FILE_OPERATORS: ReadonlySet<string> = new Set(['pmFromFile', 'ipMatchFromFile']);

/** @throws DirectiveMistake for an unknown operator. */
export function parseOperator(text: string): Operator {
  const trimmed = text.trim();
  const negated = trimmed.startsWith('!');
  const rest = negated ? trimmed.slice(1).trimStart() : trimmed;
  if (!rest.startsWith('@')) return { name: 'rx', negated, argument: rest };
  const [, written, argument] = /^@(\S*)\s*([^]*)$/.exec(rest) as unknown as [string, string, string];
  const known = BY_LOWER_CASE.get(written.toLowerCase());
  if (known === undefined) throw new DirectiveMistake('S006', `unknown operator @${written}`);
  return { name: ALIASES[known] ?? known, negated, argument };
}
