/** Which values a selection takes: origins, facets, names. The base of target classes and of exclusions. */
import { FACET, ORIGIN_FILE, ORIGIN_SCALAR } from '../engine/program.ts';
import type { NameFilter } from '../engine/program.ts';
import type { Key, Pick, Scalar } from '../dsl/checked-condition.ts';
import { joinNames } from '../http/body/json-names.ts';
import { ORIGIN } from '../http/value.ts';
import type { CompiledRegex } from '../matcher/regex.ts';

/** One pick, resolved to what values carry. */
export interface PickCoverage {
  /** Bits. */
  readonly origins: number;
  readonly facet: number;
  /** The only name it can take, when that is known. */
  readonly exactName: string | undefined;
  /** Names it never takes. */
  readonly exceptNames: readonly string[];
  /** The name alone does not decide. */
  readonly needsFilter: boolean;
  readonly accepts: (name: string, path: string) => boolean;
  /** A single value beside the fields, `request.target`. */
  readonly scalar: Scalar | undefined;
  readonly file: { readonly part: string | null } | undefined;
}

export type PatternCompiler = (source: string, flags: string) => CompiledRegex;

const FACETS: Readonly<Record<string, number>> = { value: FACET.VALUE, name: FACET.NAME, path: FACET.PATH };
const FILE_PREFIX = 'files.';
/** The one JSON field that is no body. */
export const CLAIMS = 'jwt.claims';

export function coverageOf(pick: Pick, compile: PatternCompiler): PickCoverage {
  const { field } = pick;
  if (field === undefined) return scalarCoverage(pick);
  if (field.form === 'records' || field.name.startsWith(FILE_PREFIX)) return fileCoverage(pick, compile);
  if (field.form === 'scalar') return scalarCoverage(pick);
  const isJson = field.form === 'json';
  const origins = isJson ? [documentOrigin(field.name)] : field.origins.map((name) => ORIGIN[name]);
  const exactName = isJson ? jsonName(pick) : pick.key?.kind === 'name' ? pick.key.name : undefined;
  const accepts = acceptance(pick, compile);
  return {
    origins: origins.reduce((bits, origin) => bits | (1 << origin), 0),
    facet: FACETS[field.part],
    exactName,
    exceptNames: pick.except.flatMap((key) => (key.kind === 'name' ? [key.name] : [])),
    needsFilter: isJson || pick.key?.kind === 'pattern' || pick.except.some((key) => key.kind === 'pattern'),
    accepts,
    scalar: undefined,
    file: undefined,
  };
}

/** Where the leaves of a JSON field come from. */
function documentOrigin(field: string): number {
  if (field === CLAIMS) return ORIGIN.claim;
  return field.startsWith('response.') ? ORIGIN.response_json : ORIGIN.json;
}

function scalarCoverage(pick: Pick): PickCoverage {
  const { field } = pick;
  const scalar: Scalar | undefined =
    pick.scalar ??
    (field === undefined ? undefined : { kind: 'field', field, type: field.type, span: pick.span });
  return {
    origins: 1 << ORIGIN_SCALAR,
    facet: FACET.VALUE,
    exactName: undefined,
    exceptNames: [],
    needsFilter: false,
    accepts: () => true,
    scalar,
    file: undefined,
  };
}

function fileCoverage(pick: Pick, compile: PatternCompiler): PickCoverage {
  const name = pick.field?.name ?? '';
  return {
    origins: 1 << ORIGIN_FILE,
    facet: FACET.VALUE,
    exactName: undefined,
    exceptNames: [],
    needsFilter: pick.key !== undefined || pick.except.length > 0,
    accepts: acceptance(pick, compile),
    scalar: undefined,
    file: { part: name.startsWith(FILE_PREFIX) ? name.slice(FILE_PREFIX.length) : null },
  };
}

function acceptance(pick: Pick, compile: PatternCompiler): (name: string, path: string) => boolean {
  const wanted = pick.key === undefined ? undefined : keyTest(pick.key, compile);
  const unwanted = pick.except.map((key) => keyTest(key, compile));
  const json = pick.field?.form === 'json' ? jsonPlaceTest(pick) : undefined;
  if (json === undefined && unwanted.length === 0) return wanted ?? (() => true);
  return (name, path) =>
    (wanted === undefined || wanted(name)) &&
    (json === undefined || json(name, path)) &&
    !unwanted.some((test) => test(name));
}

function keyTest(key: Key, compile: PatternCompiler): (name: string) => boolean {
  if (key.kind === 'name') return (name) => name === key.name;
  const regex = compile(key.pattern.source, key.pattern.flags);
  return (name) => regex.test(name);
}

/** A leaf's name leaves the indexes out: `/items/0/sku` is `items.sku`. */
function jsonName(pick: Pick): string {
  return pick.jsonPath.filter((part) => typeof part === 'string').reduce(joinNames, '');
}

/** Indexes are no part of a name and keys are: an object with keys of digits is told from an array by its name. */
function jsonPlaceTest(pick: Pick): (name: string, path: string) => boolean {
  const parts = pick.jsonPath;
  const wanted = jsonName(pick);
  return (name, path) => {
    if (name !== wanted) return false;
    const segments = path === '' ? [] : path.slice(1).split('/');
    if (segments.length !== parts.length) return false;
    return parts.every((part, i) =>
      typeof part === 'object' ? /^\d+$/.test(segments[i]) : String(part) === unescapePointer(segments[i]),
    );
  };
}

function unescapePointer(segment: string): string {
  return segment.includes('~') ? segment.replaceAll('~1', '/').replaceAll('~0', '~') : segment;
}

/** One filter for several picks of a selection. It is asked for each field of each head, so it makes no closures. */
export function filterOf(coverages: readonly PickCoverage[]): NameFilter {
  return (origin, facet, name, path) => {
    for (let i = 0; i < coverages.length; i++) {
      const pick = coverages[i];
      if ((pick.origins & (1 << origin)) !== 0 && pick.facet === facet && pick.accepts(name, path))
        return true;
    }
    return false;
  };
}
