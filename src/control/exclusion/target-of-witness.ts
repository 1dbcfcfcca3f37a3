/** From the value that decided a rule to what an exclusion calls it. */
import { EXCLUSION_TEXT_BYTES_MAX } from '../../core/limits.ts';
import { quoteBytes } from '../../dsl/string-literal.ts';
import type { Witness } from '../../engine/api.ts';
import type { ExclusionTarget } from './exclusion-scope.ts';
import type { RuleFacts } from './rule-facts.ts';

/** What is known of the value: all of it is in an event of the log as well. */
export type SeenValue = Pick<Witness, 'field' | 'name' | 'path' | 'value'>;

/** Excludes the rule as a whole, for tests that no value stands for: a count, a missing field. */
export const WHOLE_RULE: ExclusionTarget = { text: '', name: undefined };

/** Fields whose values are told apart by name, and the origin behind each. */
const ORIGIN_OF_FIELD: Readonly<Record<string, string>> = {
  'args.query': 'query',
  'args.form': 'form',
  'args.json': 'json',
  'args.multipart': 'multipart',
  'args.xml': 'xml',
  'args.nested': 'nested',
  'request.headers': 'header',
  'request.cookies': 'cookie',
  'multipart.headers': 'part_header',
  'response.headers': 'response_header',
};
/** Values without names. */
const ORIGIN_OF_TEXT: Readonly<Record<string, string>> = {
  'body.text': 'text',
  'response.body.text': 'response_text',
  'ws.text': 'ws_text',
};
/** `request.headers["referer"]`, a single field under a fixed name. */
const FIELD_WITH_KEY = /^((?:request|response)\.(?:headers|cookies))\["([^]*)"\]$/;
const FIELD = /^[a-z_]+(?:\.[a-z_]+)*$/;
const PLAIN_KEY = /^[a-z][A-Za-z0-9_]*$/;

/**
 * The narrowest target that takes the value away from the rule: undefined if it cannot be written in a length that a
 * person reviews. Names are quoted, whatever a client put into them.
 */
export function targetOf(seen: SeenValue | undefined, facts: RuleFacts): ExclusionTarget | undefined {
  if (seen === undefined) return WHOLE_RULE;
  if (seen.name.length > EXCLUSION_TEXT_BYTES_MAX || seen.path.length > EXCLUSION_TEXT_BYTES_MAX)
    return undefined;
  if (Object.hasOwn(ORIGIN_OF_FIELD, seen.field)) return namedTarget(seen, facts);
  if (Object.hasOwn(ORIGIN_OF_TEXT, seen.field)) {
    const isTested = facts.values.has(`${ORIGIN_OF_TEXT[seen.field]} value`);
    return isTested ? { text: seen.field, name: undefined } : WHOLE_RULE;
  }
  if (seen.field === 'files' && facts.fileFields.size > 0)
    return { text: [...facts.fileFields].join(', '), name: undefined };
  if (seen.field === 'response.body.json') return jsonTarget(seen, facts);
  return scalarTarget(seen.field, facts);
}

function namedTarget(seen: SeenValue, facts: RuleFacts): ExclusionTarget {
  const { field, name, value } = seen;
  const origin = ORIGIN_OF_FIELD[field];
  const tests = (part: string): boolean => facts.values.has(`${origin} ${part}`);
  const parts: string[] = [];
  // A report does not say whether it shows a value or the name of one; where both read the same, both go.
  const couldBeName = typeof value === 'string' && name.startsWith(value);
  if (tests('name') && couldBeName) parts.push(`${field}.names`);
  if (tests('path') && typeof value === 'string' && seen.path.startsWith(value)) parts.push(`${field}.paths`);
  const isValue = tests('value') && (parts.length === 0 || value === name);
  if (isValue) parts.push(`${field}[${quoteBytes(name)}]`);
  if (parts.length > 0) return { text: parts.join(', '), name: isValue ? name : undefined };
  if (origin === 'json' && facts.readsJson) return jsonTarget({ ...seen, field: 'body.json' }, facts);
  // A single field of this name, as in `request.headers["host"] == "x"`.
  const label = `${field}["${name}"]`;
  return facts.scalars.has(label) ? { text: `${field}[${quoteBytes(name)}]`, name } : WHOLE_RULE;
}

/** A place in a document, every element where it goes through an array. */
function jsonTarget({ field, path }: SeenValue, facts: RuleFacts): ExclusionTarget {
  if (!facts.readsJson || path === '') return WHOLE_RULE;
  const keys = path
    .slice(1)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  const selectors = keys.map((key) => {
    if (/^\d+$/.test(key)) return '[*]';
    return PLAIN_KEY.test(key) ? `.${key}` : `[${quoteBytes(key)}]`;
  });
  return { text: field + selectors.join(''), name: keys.findLast((key) => !/^\d+$/.test(key)) };
}

function scalarTarget(label: string, facts: RuleFacts): ExclusionTarget {
  if (!facts.scalars.has(label)) return WHOLE_RULE;
  const keyed = FIELD_WITH_KEY.exec(label);
  if (keyed !== null) return { text: `${keyed[1]}[${quoteBytes(keyed[2])}]`, name: keyed[2] };
  return FIELD.test(label) ? { text: label, name: undefined } : WHOLE_RULE;
}
