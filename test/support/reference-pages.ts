/** The generated pages of docs/reference: made from the tables of the source, so that they cannot say anything else. */
import { ERROR_CODES } from '../../src/core/errors.ts';
import { DIAGNOSTIC_CODES } from '../../src/dsl/diagnostics/codes.ts';
import { FAULT_REASONS } from '../../src/http/body/reader.ts';
import { FIELDS } from '../../src/http/schema.ts';
import { SECLANG_CODES } from '../../src/seclang/codes.ts';
import { serverSettings } from '../../src/seclang/server-settings.ts';
import { stepsFor, TRANSFORMATION_NAMES } from '../../src/seclang/transformations.ts';
import { TRANSFORMATIONS } from '../../src/http/transform/registry.ts';
import type { Transformation } from '../../src/http/transform/transformation.ts';

const GENERATED = 'Made from the source by `npm run test:update`; do not edit.';

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

/** A value of an example, printable: bytes outside ASCII as \xNN. */
function shown(value: unknown): string {
  const text =
    typeof value === 'string'
      ? JSON.stringify(value)
      : value === undefined
        ? 'absent'
        : (JSON.stringify(value) ?? String(value));
  return `\`${text.replace(/[\x7f-\xff]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`).replaceAll('`', "'")}\``;
}

export function fieldsPage(): string {
  const phases = [...new Set(FIELDS.map((field) => field.phase))];
  const sections = phases.map((phase) => {
    const rows = FIELDS.filter((field) => field.phase === phase).map((field) => [
      `\`${field.name}\``,
      `${field.form === 'scalar' ? '' : `${field.form} of `}${field.type}${field.optional ? '?' : ''}`,
      `${field.doc}${field.atEnd ? ' Known at the end of the phase.' : ''}${field.later ? ' *Not yet built.*' : ''}${field.needs === undefined ? '' : ' *Needs an identity provider.*'}`,
    ]);
    return `## Phase ${phase}\n\n${table(['field', 'type', 'meaning'], rows)}`;
  });
  return `# Fields\n\n${GENERATED}\n\nA list, map, record or JSON path that may have several values is a *selection* and needs \`any\`, \`all\` or \`none\`.\n\n${sections.join('\n\n')}\n`;
}

function signature(transformation: Transformation): string {
  const parameters = transformation.parameters.map(
    (parameter) => `${parameter.name}: ${parameter.kind}${parameter.optional ? '?' : ''}`,
  );
  const types =
    transformation.kind === 'text'
      ? 'String → String'
      : `${transformation.from.join(' or ')} → ${transformation.result === 'many' ? `List<${transformation.to}>` : transformation.to}${transformation.result === 'optional' ? '?' : ''}`;
  return `${transformation.name}${parameters.length === 0 ? '' : `(${parameters.join(', ')})`}: ${types}`;
}

export function transformationsPage(): string {
  const sections = [...TRANSFORMATIONS.values()].map((transformation) => {
    const examples = transformation.examples.map(
      (example) =>
        `- ${shown(example.input)}${example.args === undefined ? '' : ` with ${example.args.map(shown).join(', ')}`} → ${shown(example.output)}`,
    );
    return `## \`${signature(transformation)}\`\n\n${transformation.doc}\n\n${examples.join('\n')}`;
  });
  return `# Transformations and predicates\n\n${GENERATED} Each example is run as a test.\n\n${sections.join('\n\n')}\n`;
}

export function diagnosticsPage(): string {
  const sections = Object.entries(DIAGNOSTIC_CODES).map(
    ([code, { title, explanation }]) => `## ${code}: ${title}\n\n${explanation}`,
  );
  return `# Diagnostics of the rules language\n\n${GENERATED} Codes are stable and never reused.\n\n${sections.join('\n\n')}\n`;
}

export function errorsPage(): string {
  const errors = Object.entries(ERROR_CODES).map(([code, text]) => [`\`${code}\``, text]);
  const faults = Object.entries(FAULT_REASONS).map(([reason, text]) => [`\`${reason}\``, text]);
  return `# Errors\n\n${GENERATED}\n\n## What an operator sees\n\n${table(['code', 'meaning'], errors)}\n\n## Why a body is uninspectable\n\n${table(['reason', 'meaning'], faults)}\n`;
}

export function secLangPage(): string {
  const problems = Object.entries(SECLANG_CODES).map(
    ([code, { title, explanation }]) => `### ${code}: ${title}\n\n${explanation}`,
  );
  const settings = serverSettings().map(({ name, fate, text }) => [
    `\`${name}\``,
    fate.replaceAll('-', ' '),
    text,
  ]);
  const steps = TRANSFORMATION_NAMES.map((name) => [
    `\`t:${name}\``,
    (stepsFor(name) ?? [])
      .map((step) => `\`${step.name}${step.argument === undefined ? '' : `(${step.argument})`}\``)
      .join(', '),
  ]);
  return `# SecLang\n\n${GENERATED} How rules are brought over: [importing](../importing.md).\n\n## Mistakes\n\nCodes are stable and never reused.\n\n${problems.join('\n\n')}\n\n## Settings of the server\n\n${table(['directive', 'in Ward', 'what stands in its place, or why nothing does'], settings)}\n\n## Transformations\n\n${table(['SecLang', 'steps'], steps)}\n`;
}
