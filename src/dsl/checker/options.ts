/** What the checker needs from outside: the regex analysis of the matcher, today's date and the list files. */
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import type { CheckedPolicy } from '../checked.ts';

/** What the checker wants to know about a pattern. */
export interface RegexAnalysis {
  /** Capture groups, the whole match not counted. */
  readonly groups: number;
  readonly groupNames: readonly string[];
  /** It finds a match of no bytes in texts that have some. */
  readonly matchesEmpty: boolean;
  /** Bytes of the shortest and of the longest match (`Infinity` if unbounded). */
  readonly minLength: number;
  readonly maxLength: number;
  /** Set when the pattern is outside the language; the other members mean nothing then. */
  readonly error?: {
    readonly message: string;
    /** Character of the pattern where reading stopped. */
    readonly offset: number;
    readonly hint?: string;
  };
}

/** A port: the rules language may not import the matcher, so whoever runs the checker hands the analysis in. */
export type RegexAnalyser = (source: string, flags: string) => RegexAnalysis;

export interface CheckOptions {
  readonly regex: RegexAnalyser;
  /** `YYYY-MM-DD`: what `until` is compared with. A day is passed when it is over. */
  readonly today: string;
  /** W602 and the other warnings become errors. */
  readonly strict?: boolean;
  /** Applies a profile of the policy. */
  readonly profile?: string;
  /** Rule files without a policy of their own, to be imported by one that has: defaults apply, unused names are fine. */
  readonly library?: boolean;
  /** Lines of the list files, by the path as written; a file that is missing here is an error. Without it files are not looked at. */
  readonly listFiles?: ReadonlyMap<string, readonly string[]>;
  /** The import that would bring a name which no file declares, such as `ward:vocabulary.ward`; asked for errors only. */
  readonly importOf?: (name: string) => string | undefined;
}

export interface CheckResult {
  /** Null if any diagnostic is an error: a policy with a mistake never runs. */
  readonly policy: CheckedPolicy | null;
  /** In order of file and place. */
  readonly diagnostics: readonly Diagnostic[];
}
