/**
 * What a rule author is told. Every check of the language reports one of these; nothing throws at an author.
 * The renderers beside this file turn a list of them into text, JSON or SARIF.
 */
import type { Span } from '../source.ts';
import type { DiagnosticCode } from './codes.ts';

export type DiagnosticSeverity = 'error' | 'warning';

/** A second place the message speaks of, with what is there. */
export interface DiagnosticLabel {
  readonly span: Span;
  readonly message: string;
}

/** Replaces what `span` covers by `text`; an empty span inserts. */
export interface TextEdit {
  readonly span: Span;
  readonly text: string;
}

export interface Diagnostic {
  readonly code: DiagnosticCode;
  readonly severity: DiagnosticSeverity;
  /** One clause in lower case without a full stop. Names of the author are in backquotes. */
  readonly message: string;
  readonly span: Span;
  /** What stands beside the carets: a type, `expected …`. Nothing if undefined. */
  readonly note?: string;
  readonly labels?: readonly DiagnosticLabel[];
  /** What to do about it. */
  readonly help?: string;
  /** Edits that do it; applied together or not at all. */
  readonly fix?: readonly TextEdit[];
}

export type DiagnosticDetails = Pick<Diagnostic, 'note' | 'labels' | 'help' | 'fix'>;

/** An error or, by its code's letter, a warning: `W…` codes are warnings, all others errors. */
export function diagnostic(
  code: DiagnosticCode,
  span: Span,
  message: string,
  details: DiagnosticDetails = {},
): Diagnostic {
  return { code, severity: code.startsWith('W') ? 'warning' : 'error', message, span, ...details };
}
