/** Diagnostics for programs, in a schema of our own: `schema` 1 only ever gains properties. */
import type { Span } from '../source.ts';
import { DIAGNOSTIC_CODES } from './codes.ts';
import type { DiagnosticCode } from './codes.ts';
import type { Diagnostic, DiagnosticSeverity } from './diagnostic.ts';

export interface JsonPosition {
  /** UTF-16 units from the start of the file. */
  readonly offset: number;
  /** From 1. */
  readonly line: number;
  /** UTF-16 units, from 1. */
  readonly column: number;
}

export interface JsonPlace {
  readonly path: string;
  readonly start: JsonPosition;
  readonly end: JsonPosition;
}

export interface JsonDiagnostic extends JsonPlace {
  readonly code: DiagnosticCode;
  readonly severity: DiagnosticSeverity;
  readonly title: string;
  readonly message: string;
  readonly note?: string;
  readonly help?: string;
  readonly labels: readonly (JsonPlace & { readonly message: string })[];
  readonly fix: readonly (JsonPlace & { readonly text: string })[];
}

export interface JsonReport {
  readonly schema: 1;
  readonly diagnostics: readonly JsonDiagnostic[];
}

/** The report as a value; `JSON.stringify` it. */
export function renderJson(diagnostics: readonly Diagnostic[]): JsonReport {
  return { schema: 1, diagnostics: diagnostics.map(toJson) };
}

function toJson(found: Diagnostic): JsonDiagnostic {
  return {
    code: found.code,
    severity: found.severity,
    title: DIAGNOSTIC_CODES[found.code].title,
    message: found.message,
    ...placeOf(found.span),
    ...(found.note === undefined ? {} : { note: found.note }),
    ...(found.help === undefined ? {} : { help: found.help }),
    labels: (found.labels ?? []).map((label) => ({ ...placeOf(label.span), message: label.message })),
    fix: (found.fix ?? []).map((edit) => ({ ...placeOf(edit.span), text: edit.text })),
  };
}

function placeOf(span: Span): JsonPlace {
  return { path: span.source.path, start: positionOf(span, span.start), end: positionOf(span, span.end) };
}

function positionOf(span: Span, offset: number): JsonPosition {
  return { offset, ...span.source.lineAt(offset) };
}
