/**
 * Reads the wire cases: Markdown documents in `test/contract/wire/`, one `##` section per case.
 *
 * A case has a `request` block and an `expect` block. In a request block every line ends with CRLF unless it ends
 * with a backslash; `\r`, `\n`, `\t` and `\xNN` stand for bytes. In an expect block each line is `key: value`, and
 * `key (uws): value` holds for one listener only. Settings (`trusted: …`, `hosts: …`, `odd names: refuse`,
 * `fields: both`) stand as `key: value` lines between heading and request.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ListenerKind } from '../../src/proxy/listener.ts';

export interface WireCase {
  readonly document: string;
  readonly title: string;
  /** The exact bytes, latin1. */
  readonly request: string;
  readonly settings: Readonly<Record<string, string>>;
  /** In order; a key may stand several times. */
  readonly expectations: readonly Expectation[];
}

export interface Expectation {
  readonly key: string;
  readonly value: string;
  readonly listener: ListenerKind | undefined;
}

const FOLDER = fileURLToPath(new URL('../contract/wire/', import.meta.url));

/** All cases of all documents. Throws on a document without cases, a case without a block, and on no documents. */
export function loadWireCases(): WireCase[] {
  const documents = readdirSync(FOLDER).filter((name) => name.endsWith('.md'));
  const cases = documents.flatMap((name) => readDocument(name, readFileSync(FOLDER + name, 'utf8')));
  if (cases.length === 0) throw new Error(`no wire cases in ${FOLDER}`);
  return cases;
}

function readDocument(document: string, text: string): WireCase[] {
  const sections = text.split(/^## /m).slice(1);
  if (sections.length === 0) throw new Error(`${document} has no case`);
  return sections.map((section) => {
    const title = section.slice(0, section.indexOf('\n')).trim();
    const request = block(section, 'request');
    const expected = block(section, 'expect');
    if (request === null || expected === null) throw new Error(`${document}: "${title}" lacks a block`);
    const expectations = expected
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => readExpectation(line, `${document}: "${title}"`));
    if (expectations.length === 0) throw new Error(`${document}: "${title}" expects nothing`);
    return { document, title, request: bytesOf(request), settings: settingsOf(section), expectations };
  });
}

function block(section: string, name: string): string | null {
  return new RegExp(`^\`\`\`${name}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(section)?.[1] ?? null;
}

function settingsOf(section: string): Record<string, string> {
  const head = section.slice(section.indexOf('\n'), section.indexOf('```'));
  return Object.fromEntries(
    head
      .split('\n')
      .map((line) => /^(trusted|hosts|odd names|fields|pass): (.+)$/.exec(line))
      .filter((match) => match !== null)
      .map((match) => [match[1], match[2]]),
  );
}

function readExpectation(line: string, where: string): Expectation {
  const match = /^([a-z ]+?)(?: \((uws|node)\))?: ?(.*)$/.exec(line);
  if (match === null) throw new Error(`${where}: cannot read "${line}"`);
  return { key: match[1], value: match[3], listener: match[2] as ListenerKind | undefined };
}

function bytesOf(text: string): string {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => (line.endsWith('\\') ? line.slice(0, -1) : `${line}\r\n`))
    .join('')
    .replace(/\\(?:x([0-9a-f]{2})|([rnt]))/g, (_, hex: string | undefined, letter: string) =>
      hex === undefined
        ? { r: '\r', n: '\n', t: '\t' }[letter]!
        : String.fromCharCode(Number.parseInt(hex, 16)),
    );
}
