/** Variables of SecLang as fields of Ward. */
import type { Operand, Pick, RegexLiteral, Step, StringLiteral } from '../dsl/ast-expression.ts';
import type { RegexAnalyser } from '../dsl/checker/options.ts';
import type { Selector, Variable } from './ast.ts';
import { call, int, operand, pick, pipe, step, string } from './build.ts';
import { nameRegex, regexOf } from './patterns.ts';
import { Untranslatable } from './untranslatable.ts';

export type SubjectType = 'String' | 'Int' | 'Size' | 'Ip';

/** Values of one kind that go through the same steps. */
export interface Subject {
  readonly picks: readonly Pick[];
  /** Exactly one value that is always there. */
  readonly single: boolean;
  readonly type: SubjectType;
  /** What makes the value the text that SecLang sees. */
  readonly steps: readonly Step[];
  /** One value, read in segments: a negated test is about all of them. */
  readonly segmented: boolean;
  /** The kinds of body for which the reference engine has no such value. */
  readonly notFor: readonly string[];
}

export interface SubjectOptions {
  /** Arguments as the reference engine has them: no JSON inside parameters, XML only where it is named. */
  readonly exact: boolean;
  /** Phase of the rule: the reference engine knows no body before phase 2. */
  readonly phase: number;
  readonly regex: RegexAnalyser;
}

interface FieldBase {
  readonly path: string;
  readonly type?: SubjectType;
  readonly steps?: readonly Step[];
  readonly segmented?: boolean;
  readonly notFor?: readonly string[];
  /** The sum of the values. */
  readonly summed?: boolean;
}

/** The reference engine decodes the path once before rules see it; plus signs stay. */
const DECODED = [step('percent_decode', [pipe(int(1))])];

/** One value. */
const SINGLE: Readonly<Record<string, FieldBase>> = {
  ARGS_COMBINED_SIZE: { path: 'args.bytes', type: 'Size' },
  FILES_COMBINED_SIZE: { path: 'files.size', type: 'Size', summed: true },
  QUERY_STRING: { path: 'request.query' },
  REMOTE_ADDR: { path: 'client.ip', type: 'Ip', steps: [step('text')] },
  REQBODY_PROCESSOR: { path: 'body.kind', steps: [step('upper')] },
  REQUEST_BASENAME: { path: 'request.basename', steps: DECODED },
  REQUEST_BODY_LENGTH: { path: 'body.size', type: 'Size' },
  REQUEST_FILENAME: { path: 'request.raw_path', steps: DECODED },
  REQUEST_LINE: { path: 'request.line' },
  REQUEST_METHOD: { path: 'request.method', steps: [step('text')] },
  REQUEST_PROTOCOL: { path: 'request.version', steps: [step('prepend', [pipe(string('HTTP/'))])] },
  REQUEST_URI: { path: 'request.target' },
  REQUEST_URI_RAW: { path: 'request.target' },
  RESPONSE_STATUS: { path: 'response.status', type: 'Int', steps: [step('text')] },
  UNIQUE_ID: { path: 'request.id' },
};

/** The reference engine has a processor for what is declared, with a body or without. */
const EXACT_SINGLE: Readonly<Record<string, FieldBase>> = {
  REQBODY_PROCESSOR: { path: 'body.declared', steps: [step('upper')] },
};

/** Any number of values. */
const MANY: Readonly<Record<string, FieldBase>> = {
  ARGS_GET: { path: 'args.query' },
  ARGS_GET_NAMES: { path: 'args.query.names' },
  FILES: { path: 'files.filename' },
  FILES_NAMES: { path: 'files.name' },
  FILES_SIZES: { path: 'files.size', type: 'Size' },
  MULTIPART_PART_HEADERS: { path: 'multipart.headers' },
  REQUEST_BODY: { path: 'body.text', segmented: true, notFor: ['json', 'multipart', 'xml'] },
  REQUEST_COOKIES: { path: 'request.cookies' },
  REQUEST_COOKIES_NAMES: { path: 'request.cookies.names' },
  REQUEST_HEADERS: { path: 'request.headers' },
  REQUEST_HEADERS_NAMES: { path: 'request.headers.names' },
  RESPONSE_BODY: { path: 'response.body.text', segmented: true },
  RESPONSE_HEADERS: { path: 'response.headers' },
  RESPONSE_HEADERS_NAMES: { path: 'response.headers.names' },
  XML: { path: 'args.xml' },
};

/** The fields of ARGS, as the reference engine fills it and as Ward does. */
const ARGUMENTS: Readonly<Record<string, readonly [exact: readonly string[], wide: string]>> = {
  ARGS: [['args.query', 'args.form', 'args.multipart', 'args.json'], 'args'],
  ARGS_POST: [['args.form', 'args.multipart', 'args.json'], 'args'],
};

/** The fields of a collection, of which there are several for arguments. @throws Untranslatable */
function fieldsOf(collection: string, options: SubjectOptions): readonly FieldBase[] {
  const exactly = options.exact ? EXACT_SINGLE[collection] : undefined;
  const single = exactly ?? SINGLE[collection] ?? MANY[collection];
  if (single !== undefined) return [single];
  const base = collection.replace(/_NAMES$/, '');
  const [exact, wide] = ARGUMENTS[base] ?? [];
  if (exact === undefined || wide === undefined) throw new Untranslatable(`${collection} has no counterpart`);
  const suffix = collection.endsWith('_NAMES') ? '.names' : '';
  if (options.phase === 1 && base === 'ARGS' && options.exact) return [{ path: `args.query${suffix}` }];
  const posted = base === 'ARGS_POST' || options.exact;
  return (posted ? exact : [wide]).map((path) => ({ path: path + suffix }));
}

/** Whether a collection has one value that is always there. */
export function isSingle(collection: string): boolean {
  return SINGLE[collection] !== undefined;
}

/** The fields of variables that are neither counted nor transaction variables, grouped by how they are read. @throws Untranslatable */
export function subjectsOf(variables: readonly Variable[], options: SubjectOptions): readonly Subject[] {
  const groups = new Map<string, { subject: Subject; picks: Pick[] }>();
  const seen = new Set<string>();
  const wanted = variables.filter((variable) => !variable.excluded);
  const hasArgs =
    !options.exact &&
    wanted.some(({ collection, selector }) => collection === 'ARGS' && selector === undefined);
  for (const variable of wanted) {
    const { collection } = variable;
    // XML is in `args` already.
    if (collection === 'XML' && hasArgs) continue;
    for (const field of fieldsOf(collection, options)) {
      const made = pickOf(
        field,
        variable,
        exceptionsFor(collection, variables, options.regex),
        options.regex,
      );
      // Elements and attributes of XML are one field.
      const id = JSON.stringify([field.path, collection === 'XML' ? undefined : variable.selector]);
      if (seen.has(id)) continue;
      seen.add(id);
      const single = isSingle(collection);
      const { type = 'String', steps = [], segmented = false } = field;
      const notFor = options.exact ? (field.notFor ?? []) : [];
      const key = `${type} ${steps.length > 0 ? field.path : ''} ${String(segmented)}`;
      const group = groups.get(key);
      if (group === undefined) {
        const picks = [made];
        groups.set(key, { subject: { picks, single, type, steps, segmented, notFor }, picks });
      } else {
        group.picks.push(made);
        groups.set(key, {
          subject: { ...group.subject, picks: group.picks, single: false },
          picks: group.picks,
        });
      }
    }
  }
  return [...groups.values()].map(({ subject }) => subject);
}

function pickOf(
  field: FieldBase,
  variable: Variable,
  except: readonly (StringLiteral | RegexLiteral)[],
  analyse: RegexAnalyser,
): Pick {
  const { selector, collection } = variable;
  if (field.summed === true) return pick(call('sum', [pipe(operand(field.path))]));
  if (selector === undefined || collection === 'XML')
    return pick(operand(field.path), except.length > 0 ? except : undefined);
  if (/\.(?:names|name|filename)$/.test(field.path)) {
    throw new Untranslatable(`${collection}:${selector.text} selects one name of many`);
  }
  return pick(operandWith(field.path, selector, collection, analyse));
}

function operandWith(path: string, selector: Selector, collection: string, analyse: RegexAnalyser): Operand {
  if (selector.kind === 'regex') {
    const { regex, matchesEmpty } = regexOf(selector.text, analyse);
    return matchesEmpty ? operand(path) : operand(path, { ...regex, flags: 'i' });
  }
  if (collection.endsWith('HEADERS')) return operand(path, string(keyOf(collection, selector.text)));
  return operand(path, string(selector.text.replace(/^json\./, '')));
}

/** Header names are lower-case in Ward; part names are as sent; JSON leaves have no prefix. */
function keyOf(collection: string, name: string): string {
  if (collection === 'REQUEST_HEADERS' || collection === 'RESPONSE_HEADERS') return name.toLowerCase();
  return name;
}

/** The keys `!A:x` takes out of A. */
function exceptionsFor(
  collection: string,
  variables: readonly Variable[],
  analyse: RegexAnalyser,
): readonly (StringLiteral | RegexLiteral)[] {
  const keys: (StringLiteral | RegexLiteral)[] = [];
  for (const { excluded, selector, collection: from } of variables) {
    if (!excluded || selector === undefined || from !== collection) continue;
    if (selector.kind === 'regex') {
      const { regex, matchesEmpty } = regexOf(selector.text, analyse);
      if (matchesEmpty) throw new Untranslatable(`!${collection}:/${selector.text}/ takes every value away`);
      keys.push({ ...regex, flags: 'i' });
    } else if (collection.endsWith('_HEADERS')) keys.push(string(selector.text.toLowerCase()));
    else keys.push(nameRegex(selector.text.replace(/^json\./, '')));
  }
  return keys;
}
