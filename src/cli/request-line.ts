/** A request as typed: `GET /path?q=1`, `-H 'name: value'`, `-d body`. */
import { readFileSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';
import { fileFault } from '../core/file-fault.ts';
import type { WrittenRequest } from '../control/inspection.ts';

export interface RequestParts {
  readonly line: string;
  readonly headers: readonly string[];
  /** `@file` reads a file. */
  readonly data: string | undefined;
  readonly from: string;
}

const DEFAULT_HEADERS: readonly (readonly [string, string])[] = [
  ['host', 'example.test'],
  ['user-agent', 'ward-explain/1'],
  ['accept', '*/*'],
];

/** @throws InvalidArgumentError that shows what a request looks like, or says why a body cannot be read */
export function readRequest(parts: RequestParts): WrittenRequest {
  // A line copied from a log has the version behind it.
  const line = /^([A-Z]+) (\/.*?)(?: HTTP\/\d(?:\.\d)?)?$/s.exec(parts.line.trim());
  if (line === null) {
    throw new InvalidArgumentError(
      `a request is written like 'GET /path?q=1', not ${JSON.stringify(parts.line)}`,
    );
  }
  const given = parts.headers.map(readHeader);
  const body = parts.data === undefined ? undefined : readData(parts.data);
  const names = new Set(given.map(([name]) => name));
  // As curl does: data without a type is a form.
  if (body !== undefined && !names.has('content-type')) {
    given.push(['content-type', 'application/x-www-form-urlencoded']);
  }
  return {
    method: line[1],
    target: asTarget(line[2]),
    from: parts.from,
    scheme: 'http',
    headers: [...DEFAULT_HEADERS.filter(([name]) => !names.has(name)), ...given],
    body,
    answered: undefined,
  };
}

function readHeader(text: string): readonly [string, string] {
  const header = /^([^:\s]+):\s*(.*)$/.exec(text);
  if (header === null) {
    throw new InvalidArgumentError(`a header is written like 'name: value', not ${JSON.stringify(text)}`);
  }
  return [header[1].toLowerCase(), toLatin1(header[2].trimEnd())];
}

function readData(data: string): string {
  if (!data.startsWith('@')) return toLatin1(data);
  try {
    return readFileSync(data.slice(1)).toString('latin1');
  } catch (error) {
    throw new InvalidArgumentError(`cannot read the body ${data.slice(1)}: ${fileFault(error)}`);
  }
}

/** As browsers send what was typed: blanks and controls cannot stand in a request line (RFC 9112, section 3.2). */
function asTarget(typed: string): string {
  return toLatin1(typed).replace(
    /[\0-\x20\x7f]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

/** What the terminal gave as Unicode, as the bytes a client sends. */
function toLatin1(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
