/** Stable codes of what can be wrong with SecLang files. A code is never reused; docs/reference/seclang.md lists them. */

export interface SecLangCodeInfo {
  readonly title: string;
  /** What it means, and what a lenient import keeps. */
  readonly explanation: string;
}

export const SECLANG_CODES = {
  S001: {
    title: 'unfinished directive',
    explanation:
      'A quote is not closed, or the last line of the file ends with a backslash. The directive is left out; where the next one begins is known, as lines are joined by backslashes alone.',
  },
  S002: {
    title: 'wrong number of words',
    explanation: 'A directive has too few or too many words, often for want of quotes. It is left out.',
  },
  S003: {
    title: 'unknown directive',
    explanation: 'ModSecurity 2 and 3 have no directive of this name. It is left out.',
  },
  S004: {
    title: 'unknown variable',
    explanation:
      'ModSecurity 2 and 3 have no variable of this name. The rule is left out, with its whole chain.',
  },
  S005: {
    title: 'broken selector',
    explanation:
      'The selector of a variable is empty, or its regex has no closing slash. The rule is left out, with its whole chain.',
  },
  S006: {
    title: 'unknown operator',
    explanation:
      'ModSecurity 2 and 3 have no operator of this name. The rule is left out, with its whole chain.',
  },
  S007: {
    title: 'unknown action',
    explanation:
      'ModSecurity 2 and 3 have no action of this name. The rule is left out, with its whole chain.',
  },
  S008: {
    title: 'unknown transformation',
    explanation:
      'ModSecurity 2 and 3 have no transformation of this name. The rule is left out, with its whole chain.',
  },
  S009: {
    title: 'wrong number',
    explanation:
      'An id, a range of ids or a phase is no number, or there is no such phase. The directive is left out.',
  },
  S010: {
    title: 'id used twice',
    explanation: 'Two rules have the same id. The first one stays, the second is left out.',
  },
  S011: {
    title: 'broken chain',
    explanation:
      'A chain has no end, or a link of it has a mistake. All of its links are left out: half a chain would match requests that nobody meant.',
  },
  S012: {
    title: 'nothing to include',
    explanation:
      'No file fits what `Include` names, or files include one another too deep. The other files are read. `IncludeOptional` says nothing.',
  },
  S013: {
    title: 'missing data file',
    explanation:
      'The file that `@pmFromFile` or `@ipMatchFromFile` names does not exist. The rule is left out.',
  },
  S014: {
    title: 'skipAfter to nowhere',
    explanation:
      'No `SecMarker` of this name follows. The rule stays and skips nothing, so that more rules run rather than fewer; the reference engine would skip all that is left of the phase.',
  },
  S015: {
    title: 'regex that RE2 does not know',
    explanation:
      'A regex is malformed, or needs what no engine can do in linear time: look around, back references, atomic groups, possessive repeats. The rule is left out.',
  },
  S016: {
    title: 'not carried',
    explanation:
      'The rule is sound, but uses what Ward has no counterpart for; the reason stands beside it. The rule is left out.',
  },
  S017: {
    title: 'wrong address',
    explanation:
      'What `@ipMatch` or a line of its data file holds is no address and no network. The rule is left out. Bits behind the prefix of a network are no mistake: they are cleared.',
  },
} as const satisfies Readonly<Record<string, SecLangCodeInfo>>;

export type SecLangCode = keyof typeof SECLANG_CODES;
