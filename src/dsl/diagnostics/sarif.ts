/** Diagnostics as a SARIF 2.1.0 log (OASIS standard), which code hosts show beside the lines of a change. */
import type { Span } from '../source.ts';
import { DIAGNOSTIC_CODES } from './codes.ts';
import type { DiagnosticCode } from './codes.ts';
import type { Diagnostic, TextEdit } from './diagnostic.ts';

const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';

/** The log as a value; `JSON.stringify` it. `version` is Ward's own. Only codes that occur are described. */
export function renderSarif(diagnostics: readonly Diagnostic[], version: string): Record<string, unknown> {
  const codes = [...new Set(diagnostics.map((found) => found.code))].sort();
  return {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'ward', semanticVersion: version, rules: codes.map(ruleOf) } },
        columnKind: 'utf16CodeUnits',
        results: diagnostics.map((found) => resultOf(found, codes.indexOf(found.code))),
      },
    ],
  };
}

function ruleOf(code: DiagnosticCode): Record<string, unknown> {
  const { title, explanation } = DIAGNOSTIC_CODES[code];
  return {
    id: code,
    shortDescription: { text: title },
    fullDescription: { text: explanation },
    defaultConfiguration: { level: code.startsWith('W') ? 'warning' : 'error' },
  };
}

function resultOf(found: Diagnostic, ruleIndex: number): Record<string, unknown> {
  const details = [found.note, found.help].filter((text) => text !== undefined);
  const labels = (found.labels ?? []).map((label, id) => ({
    id,
    ...locationOf(label.span),
    message: { text: label.message },
  }));
  const fixes = found.fix === undefined ? [] : [fixOf(found.fix, found.help ?? found.message)];
  return {
    ruleId: found.code,
    ruleIndex,
    level: found.severity,
    message: { text: [found.message, ...details].join('; ') },
    locations: [locationOf(found.span)],
    ...(labels.length === 0 ? {} : { relatedLocations: labels }),
    ...(fixes.length === 0 ? {} : { fixes }),
  };
}

function fixOf(edits: readonly TextEdit[], description: string): Record<string, unknown> {
  return {
    description: { text: description },
    artifactChanges: edits.map((edit) => ({
      artifactLocation: { uri: uriOf(edit.span) },
      replacements: [{ deletedRegion: regionOf(edit.span), insertedContent: { text: edit.text } }],
    })),
  };
}

function locationOf(span: Span): Record<string, unknown> {
  return { physicalLocation: { artifactLocation: { uri: uriOf(span) }, region: regionOf(span) } };
}

/** A relative path as a URI reference: a name may hold any character, a URI may not. */
function uriOf(span: Span): string {
  // A lone surrogate has no UTF-8 and would make encodeURIComponent throw.
  const wellFormed = span.source.path.replace(/[\ud800-\udfff]/gu, '\ufffd');
  return wellFormed.split(/[\\/]/).map(encodeURIComponent).join('/');
}

function regionOf(span: Span): Record<string, number> {
  const start = span.source.lineAt(span.start);
  const end = span.source.lineAt(span.end);
  return { startLine: start.line, startColumn: start.column, endLine: end.line, endColumn: end.column };
}
