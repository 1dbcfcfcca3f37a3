/**
 * Every diagnostic code, with what it means and why it is an error. Codes are stable: tools filter on them, so one is
 * never reused and never changes its meaning.
 *
 * E0xx syntax · E1xx patterns · E2xx types and names · E3xx what contradicts itself · E4xx phases · E5xx cost ·
 * E6xx examples · E9xx not built yet · Wxxx warnings (`--strict` makes them errors).
 */

export interface CodeDescription {
  /** A heading: the mistake in a few words. */
  readonly title: string;
  /** A paragraph for `ward explain <code>` and the reference. */
  readonly explanation: string;
}

const describe = (title: string, explanation: string): CodeDescription => ({ title, explanation });

export const DIAGNOSTIC_CODES = {
  // -- syntax
  E001: describe(
    'unexpected token',
    'The grammar allows something else here. The message names what was expected and what was found.',
  ),
  E002: describe(
    'unterminated string',
    'A string begins and ends with a double quote on the same line. Write a line feed as `\\n`.',
  ),
  E003: describe(
    'bad escape or character in a string',
    'Strings have the escapes of JSON and `\\xNN` for one byte. Control characters are written as escapes, and a surrogate needs its other half.',
  ),
  E004: describe(
    'bad number',
    'A number is followed by nothing, or by one of the units `%`, `B`, `KiB`, `MiB`, `GiB`, `us`, `ms`, `s`, `m`, `h`, `d`; it must be small enough to be exact (2^53).',
  ),
  E005: describe(
    'nesting too deep',
    'Parentheses, blocks and JSON literals may nest 64 levels deep. Name parts with `fn`, `shape` or `targets`.',
  ),
  E006: describe(
    'unknown character',
    'No word of the language contains this character outside strings and patterns.',
  ),
  E007: describe(
    'bad regex literal',
    'A regex begins and ends with a slash on the same line; a slash inside is written `\\/`; the flags after it are `i` and `m`, each once.',
  ),
  E008: describe('no such date', 'A date is `YYYY-MM-DD` and must exist in the Gregorian calendar.'),
  E009: describe(
    'file too large',
    'A rule file is read up to 8 MiB. Long lists belong into a list file: `list … from "path"`.',
  ),
  E010: describe(
    'bracket not closed',
    'A brace, bracket or parenthesis has no partner. The second place is where it was opened.',
  ),
  E011: describe(
    'unknown entry',
    'The block has no entry of this name. The message lists the entries it has.',
  ),
  E012: describe('unknown item', 'Nothing at the top of a file begins with this word.'),
  E013: describe(
    'language version',
    'A file begins with `language 1`, so that a later version of the language can tell what it reads.',
  ),
  E014: describe(
    'reserved word',
    'The words `and or not any all none in is as of except matches contains starts_with ends_with true false` cannot be names.',
  ),
  E015: describe(
    'bad JSON',
    'The JSON of an example is RFC 8259: no trailing comma, no `\\x` escape, no leading zero, no digit separators, no key twice.',
  ),
  E016: describe('too many errors', 'After 200 errors of one file the rest is not reported.'),
  W016: describe(
    'too many warnings',
    'After 200 warnings the rest is counted, not shown; it stays a warning.',
  ),
  E017: describe(
    'condition cannot be chained',
    'A relation compares two values once: write `a < b and b < c`.',
  ),

  // -- patterns
  E101: describe(
    'bad pattern',
    'Patterns have RE2 syntax: no lookaround and no backreference, repeats up to 1000, a bounded program. That is what makes matching linear in the input.',
  ),
  E102: describe(
    'pattern matches the empty string',
    'A pattern that finds a match of no bytes in any text says nothing about it. Anchored at both ends, as in `^0?$`, it may match the empty text.',
  ),

  // -- types and names
  E201: describe(
    'type error',
    'A value has another type than its place needs, or a record has no such field. There is no implicit conversion but that of a literal to the type of its context.',
  ),
  E202: describe(
    'selection without quantifier',
    'A list, a map or an element that may repeat has many values. Say `any`, `all` or `none` of them, or take them whole with `count`, `sum`, `exists`, `one` or `repeats`.',
  ),
  E203: describe('transformation on a wrong type', 'The transformation does not take values of this type.'),
  E204: describe(
    'negated test on an optional value where a match relaxes',
    'An absent value makes a negated test true. Where a match lets a request through, the client could leave the value out. Guard it with `exists(x)` or `|> or_else(v)`.',
  ),
  E205: describe(
    'capture out of scope',
    'A capture is bound for the conjuncts to the right of its `matches … as`. It is not seen outside `not`, `or` or its block, and under a quantifier only in a binder block.',
  ),
  E206: describe('unknown name', 'Nothing of this name is declared or bound here.'),
  E207: describe(
    'wrong arguments',
    'A function or transformation is called with too many, too few or unsuitable arguments.',
  ),
  E208: describe('unknown function', 'There is no function or transformation of this name.'),
  E209: describe(
    'literal does not fit its type',
    'A literal takes its type from its context and is read at compile time: an address, a network, a media type, a status.',
  ),
  E210: describe('unknown type', 'There is no type or shape of this name, or it takes other arguments.'),
  E211: describe(
    'bad placeholder in a message',
    'Between braces in a message stands one field. A brace is written `{{` or `}}`.',
  ),
  E212: describe(
    'recursion',
    'Functions, shapes and targets may not contain themselves: every rule terminates.',
  ),

  // -- contradictions
  E301: describe(
    'duplicate',
    'A name, an entry of a list or an entry of a block stands twice, or a name hides a field, function or other declaration.',
  ),
  E302: describe(
    'unreachable',
    'No request can make this true: conjuncts that exclude each other, an empty interval, capitals compared after `lower`, a rule wholly excluded.',
  ),
  E303: describe(
    'exclusion or override without effect',
    'It selects no rule, or removes only values that an aggregate reads. A tag or id that selects nothing is W303.',
  ),
  E304: describe('date passed', 'The date after `until` has passed. Decide about it: remove it or move it.'),
  E305: describe('reason missing', 'An exclusion or override says why it is there: `because "…"`.'),
  E306: describe(
    'threshold out of reach',
    'No set of rules can reach this score, or nothing scores to this category. Without any scoring rule it is W306.',
  ),
  E307: describe('routes tie', 'Two routes match the same request and neither is more specific.'),
  E308: describe('overrides tie', 'Two overrides of equal reach set the same thing.'),
  E309: describe('no policy or several', 'All files together have one policy.'),
  E310: describe('entry missing', 'The block needs an entry that is not there.'),
  E311: describe(
    'bad import',
    'The path or glob names no rule file, leaves the rule folder, or names too many files.',
  ),
  E312: describe(
    'actions that exclude each other',
    'A rule with `limit` refuses with the `then` of its limiter or flood, so it cannot `block`, `redirect` or `allow` beside it. Other actions take effect when the limit refuses.',
  ),
  E313: describe(
    'settings of a limit that contradict each other',
    'A limiter or flood is told two things that do not go together: `burst` belongs to `gcra` and `token_bucket`, `leased` tokens cannot be given back by `count`, a local store cannot be down, the stages of a flood begin one after the other.',
  ),
  E314: describe(
    'limiter, flood or scenario too large',
    'A key has at most 8 parts, a limiter 16 `allow`, a flood 8 stages: all are tried for every request. A scenario sends at most 100,000 requests, repetitions multiplied out, and its repetitions nest 8 deep, so that a test run ends.',
  ),

  // -- phases
  E401: describe(
    'action impossible in the phase',
    'The phase of a rule is the latest among its fields. `redirect`, `allow` and `fault` need the head; `mask` needs a span that survives the transformations; `limit` is asked before the request is forwarded. The same holds for what a limiter reads: key, `when` and `cost` are there with the request, `count` reads the response.',
  ),
  E402: describe(
    'retaining rule beyond `hold`',
    'The rule must keep two selections of a body, which is possible up to `hold`. Say with `unknown` what happens beyond.',
  ),
  E403: describe(
    'decided too late',
    'Under `default deny` an `allow` rule, and always the condition of an exclusion, must be decided before the first body value.',
  ),

  // -- cost
  E501: describe(
    'over budget',
    'The static worst-case cost of the rule, or of the rules of one request, is above `budget`.',
  ),

  // -- examples
  E601: describe(
    'example fails',
    '`hit`: the rule matches. `miss`: it does not. `pass`: the whole policy lets the request through. `todo`: a known gap, an error once it matches.',
  ),
  E606: describe(
    'scenario fails',
    'A request of the scenario did not come out as its `expect` says. The message tells what came out and in which repetition. Nothing is counted when a scenario begins; time passes only at `advance`.',
  ),

  // -- not built yet
  E901: describe(
    'not supported yet',
    'The language has this construct, this version of Ward does not run it.',
  ),

  // -- warnings
  W501: describe('unused declaration', 'Nothing refers to this declaration.'),
  W303: describe(
    'tag or id that selects no rule',
    'An exclusion or override may name the tag or id of a rule set that is not loaded here. A rule *name* that selects nothing is E303.',
  ),
  W304: describe(
    'date close',
    'The date after `until` comes within two weeks. From the day after it the policy is refused (E304), also when Ward starts or reloads: decide before, by removing it or moving the date.',
  ),
  W306: describe(
    'threshold that nothing scores to',
    'No rule scores in this direction, so the threshold never refuses. Fine for a policy whose rules come later.',
  ),
  W502: describe('`allow` without `default deny`', 'Under `default allow` an `allow` rule changes nothing.'),
  W505: describe(
    'block final only at the end of a body beyond `hold`',
    'The service sees a prefix of the body before the rule can refuse it; it never sees a complete request.',
  ),
  W602: describe(
    'detection rule without examples',
    'A rule that detects needs a `hit` and a `miss` or `pass`: a test that only hits says nothing about false positives.',
  ),
  W603: describe(
    'sub-expression without example',
    'No example makes this part of the condition true, or none makes it false.',
  ),
  W605: describe('bare `all`', '`all` is true over no values. Add `exists(…)` if it should not be.'),
} as const satisfies Record<string, CodeDescription>;

/** A stable code of the table above. */
export type DiagnosticCode = keyof typeof DIAGNOSTIC_CODES;
