/** Where the rules are. */
import { CONFIG_LIST_ENTRIES_MAX } from '../../core/limits.ts';
import type { SettingSchema } from '../setting.ts';

/** Paths as texts, SecLang as `{ seclang: path }`; on a command line and in a variable `seclang:path` is the same. */
export const RULES: SettingSchema = {
  type: 'array',
  description:
    'Rule files, directories and globs, relative to this file; `ward:sqli.ward` is a shipped one. `{ seclang: DIR }` (in one line of text `seclang:DIR`) are rules of ModSecurity, imported when rules are loaded: what cannot be carried refuses the start, unless `lenient: true` (`seclang-lenient:DIR`) makes a warning of it. Without any, all rules shipped with Ward.',
  items: {
    anyOf: [
      { type: 'string' },
      {
        type: 'object',
        properties: { seclang: { type: 'string' }, lenient: { type: 'boolean' } },
        required: ['seclang'],
        additionalProperties: false,
      },
    ],
  },
  maxItems: CONFIG_LIST_ENTRIES_MAX,
  default: [],
  'x-expects': 'a list of paths such as rules/*.ward, or { seclang: DIR, lenient: true }',
};

/** An entry of `rules`. */
export type RuleEntry = string | { readonly seclang: string; readonly lenient?: boolean };

/** An entry as one text. */
export function ruleEntryText(entry: RuleEntry): string {
  if (typeof entry === 'string') return entry;
  return `${entry.lenient === true ? 'seclang-lenient' : 'seclang'}:${entry.seclang}`;
}
