/** What bounds the readers of script, SQL and command lines in values, and the tools for tuning rules. A part of `limits.ts`, by which it is imported. */
import { KIB, MIB } from './units.ts';

/** Markup and script in values (detect_xss). */
/** Attribute values and comments are read as markup of their own, this deep: srcdoc in srcdoc is two, mutation attacks need one. */
export const MARKUP_REREADS_MAX = 3;
/** So often references are decoded in a value: what is escaped once by a page that is stored and once by one that shows it. */
export const REFERENCE_ROUNDS_MAX = 3;
/** Longest value in which every script element and handler counts as an attack; published payloads end at some 500 bytes. */
export const MARKUP_SHORT_BYTES_MAX = 512;
/** Likewise of a value that begins as people write, with a heading or five words: no published payload does at that length. */
export const MARKUP_PROSE_BYTES_MAX = 160;
/** Reading the scripts of a long text may take this many times its length: a script in a script in a comment is read thrice. */
export const SCRIPT_REREAD_FACTOR = 4;
/** Brackets that may be open in a script: people nest about ten deep, encoders that write letters as brackets about thirty. */
export const SCRIPT_BRACKETS_MAX = 256;
/** Longest script that counts for acting on the page at all: a line of code; published payloads that are only script end at some 200 bytes. */
export const SCRIPT_SHORT_BYTES_MAX = 256;
/** Longest text whose string literals are put together to see what they hide: published scripts that are taken apart end at some 700 bytes. */
export const JOINED_TEXT_BYTES_MAX = KIB;
/** Of an expression between `{{` and `}}`: the longest published sandbox escapes have about 700 bytes. */
export const CLIENT_TEMPLATE_BYTES_MAX = 2 * KIB;

/** SQL detection. */
/** Longest value that is searched for code behind a whole statement; payloads are shorter, posts about SQL are longer. */
export const SQL_SHORT_BYTES_MAX = 512;
/** Parentheses and CASE with a meaning of their own; deeper ones are plain. Queries that people write nest about eight deep. */
export const SQL_NESTING_MAX = 64;
/** Second looks at bytes already read, as parts of the text: with them a text is read at most a dozen times. */
export const SQL_RELEX_FACTOR = 4;
/** Places of a short value from which code appended to it is read: one in all payloads seen, the others are for decoys. */
export const SQL_TAILS_READ_MAX = 4;

/** Command lines in values (detect_shell, detect_command). */
/** Longest value that is asked whether it is a command line as a whole; published reverse shells have up to 600 bytes. */
export const SHELL_COMMAND_BYTES_MAX = KIB;
/** Commands of one line that are looked at: published one-liners chain up to six. */
export const SHELL_COMMANDS_READ_MAX = 12;
/** Arguments of one command that are looked at: what tells a command stands among the first few. */
export const SHELL_ARGUMENTS_READ_MAX = 12;
/** A command's name with its path and what hides it; published ones have about 60 bytes. */
export const SHELL_NAME_BYTES_MAX = 128;
/** Commands that run the next word (`sudo nohup x`), looked through. */
export const SHELL_WRAPPERS_MAX = 3;
/** A comparison in brackets (`[ 6 -eq $x ]`); published ones have about 90 bytes. */
export const SHELL_TEST_BYTES_MAX = 256;
/** Separators behind which a command is looked for in one value: one-line attacks have about ten. */
export const SHELL_SEPARATORS_READ_MAX = 256;

/** Tools for tuning. */
/** Mutants of the entries of one list, set, pattern or conjunction: which sixteen makes no difference, more would only take longer. */
export const MUTANTS_PER_LIST_MAX = 16;
/** Mutants of one rule, evenly spread over those there are: a second of work; the largest shipped rule has under two hundred. */
export const MUTANTS_PER_RULE_MAX = 400;
/** Names and paths in a suggested exclusion: longer ones are an attack or generated, and nobody reviews them. */
export const EXCLUSION_TEXT_BYTES_MAX = 512;
/** Targets of which the fewest that let a request pass are searched for, all combinations; of more, all are excluded. */
export const EXCLUSION_TARGETS_MAX = 8;
/** Rounds of suggesting and trying: a request that was stopped at one value may be stopped at the next, in bodies one by one. */
export const EXCLUSION_ROUNDS_MAX = 16;
/** Days after which a suggested exclusion ends: a quarter, by when whoever wrote it still knows why. */
export const EXCLUSION_DAYS = 90;
/** Days before the date of `until` from which on it is warned of: holidays fit, and the date is still in mind. */
export const UNTIL_WARNING_DAYS = 14;
/** One line of recorded traffic: a request with a body of 16 MiB as base64; longer ones are named and skipped. */
export const REPLAY_LINE_BYTES_MAX = 24 * MIB;
/** Requests that `ward diff` lists by name; the others are counted. More are not read by a person, and a file has millions. */
export const REPLAY_LISTED_MAX = 1_000;
/** Lines that are no requests, named one by one; the others are counted. */
export const REPLAY_PROBLEMS_LISTED_MAX = 20;
