/** Runs the corpus: requests with a known answer, one YAML case a file (corpus/README.md). */
import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { SidecarError } from '../core/errors.ts';
import type { Engine } from '../engine/api.ts';
import { parseYaml } from '../config/yaml.ts';
import { expandGlob } from './glob.ts';
import { inspect } from './inspection.ts';
import type { WrittenRequest } from './inspection.ts';

export interface CorpusCase {
  /** Relative to the corpus. */
  readonly path: string;
  readonly description: string;
  readonly request: WrittenRequest;
  readonly expect: 'pass' | 'block';
  /** Each of these rules must match. */
  readonly by: readonly string[];
}

export interface CorpusResult {
  readonly case: CorpusCase;
  /** `undefined` if the case holds. */
  readonly failure: string | undefined;
}

/** @throws SidecarError W_RULES_UNREADABLE naming the case that cannot be read, or when there are none */
export async function loadCorpus(directory: string): Promise<readonly CorpusCase[]> {
  const paths = await expandGlob(`${directory}/**/*.yaml`, Infinity);
  if (paths.length === 0) throw unreadable(`there is no case in ${directory}`, undefined);
  const cases: CorpusCase[] = [];
  for (const path of paths) cases.push(toCase(relative(directory, path), await readFile(path, 'utf8')));
  return cases;
}

export async function runCase(engine: Engine, given: CorpusCase): Promise<CorpusResult> {
  const inspection = await inspect(engine, given.request);
  if (inspection.kind === 'refused') {
    const failure =
      given.expect === 'pass' ? `refused with ${inspection.status}: ${inspection.reason}` : undefined;
    return { case: given, failure };
  }
  const { verdict, matches } = inspection.report;
  const names = matches.map((match) => match.rule);
  const missing = given.by.filter((rule) => !names.includes(rule));
  if (given.expect === 'pass') {
    const failure =
      verdict.action === 'pass' ? undefined : `blocked by ${verdict.by ?? ''} (${names.join(', ')})`;
    return { case: given, failure };
  }
  if (verdict.action !== 'block') {
    const seen = names.length === 0 ? 'no rule matched' : `only ${names.join(', ')} matched`;
    return { case: given, failure: `passed: ${seen}` };
  }
  const failure = missing.length === 0 ? undefined : `blocked, but ${missing.join(', ')} did not match`;
  return { case: given, failure };
}

interface CaseFile {
  readonly description?: string;
  readonly request?: {
    readonly method?: string;
    readonly target?: string;
    readonly headers?: readonly (readonly [string, string])[];
    readonly body?: string;
    readonly body_base64?: string;
    readonly from?: string;
  };
  readonly expect?: string;
  readonly by?: readonly string[];
}

function toCase(path: string, text: string): CorpusCase {
  const file = parseYaml(text) as CaseFile | null;
  const request = file?.request;
  if (request?.method === undefined || request.target === undefined)
    throw unreadable(`${path}: no request`, undefined);
  if (file?.expect !== 'pass' && file?.expect !== 'block')
    throw unreadable(`${path}: no expectation`, undefined);
  const headers = (request.headers ?? []).map(([name, value]): [string, string] => [
    name,
    latin1(String(value)),
  ]);
  return {
    path,
    description: file.description ?? path,
    request: {
      method: request.method,
      target: latin1(request.target),
      from: request.from ?? '198.51.100.7',
      scheme: 'http',
      headers,
      body:
        request.body_base64 !== undefined
          ? Buffer.from(request.body_base64, 'base64').toString('latin1')
          : request.body === undefined
            ? undefined
            : latin1(request.body),
      answered: undefined,
    },
    expect: file.expect,
    by: file.by ?? [],
  };
}

/** Text of a file as the bytes a client sends. */
function latin1(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

function unreadable(message: string, cause: unknown): SidecarError {
  return new SidecarError('W_RULES_UNREADABLE', `corpus: ${message}`, { source: 'configuration', cause });
}
