/** Scalars of the checked tree as readers of the running evaluation. */
import { assert, unreachable } from '../core/assert.ts';
import type { Scalar, Selection, Step } from '../dsl/checked-condition.ts';
import type { EvaluationContext, ScalarReader } from '../engine/evaluation-context.ts';
import { claimAt } from '../engine/claims.ts';
import { SCALAR_FIELDS, linesReader } from '../engine/fields/scalar-fields.ts';
import { shareOf } from '../engine/operators/sampling.ts';
import { ORIGIN_FILE } from '../engine/program.ts';
import type { AccumulatorSpec } from '../engine/program.ts';
import { TRUE, UNKNOWN } from '../engine/three-valued.ts';
import { partOf } from '../engine/leaf-values.ts';
import { textOf } from '../engine/redaction.ts';
import { ORIGIN_NAMES, UNKNOWN as UNREADABLE } from '../http/value.ts';
import type { MaybeValue } from '../http/value.ts';
import type { FieldSchema } from '../http/schema.ts';
import { phaseOf, phaseOfSelection, unpipe } from './analysis.ts';
import { CLAIMS, coverageOf, filterOf } from './coverage.ts';
import type { ProgramBuilder, Scope } from './program-builder.ts';
import { bindStep, expansion, readThrough } from './steps.ts';
import { structureKey } from './structure-key.ts';

export function compileScalar(builder: ProgramBuilder, scalar: Scalar, scope: Scope): ScalarReader {
  switch (scalar.kind) {
    case 'literal': {
      const { value } = scalar;
      return () => value;
    }
    case 'field':
      return fieldReader(scalar.field);
    case 'lines':
      return linesReader(scalar.field.name, scalar.key, scalar.separator);
    case 'json': {
      const { path } = scalar;
      if (scalar.field.name === CLAIMS) return ({ claims }) => claimAt(claims, path);
      const slot = builder.slot(directionOf(scalar.field), path);
      return (evaluation) => evaluation.slot(slot);
    }
    case 'switch': {
      const on = builder.switch(scalar.name);
      return () => on;
    }
    case 'secret': {
      const secret = builder.secret(scalar.name);
      return () => secret;
    }
    case 'limiterPart': {
      const index = builder.limiter(scalar.limiter);
      const { part } = scalar;
      return ({ limitReadings }) => limitReadings[index]?.[part];
    }
    case 'floodPart': {
      const index = builder.flood(scalar.flood);
      const { part } = scalar;
      return ({ floodReadings }) => floodReadings[index]?.[part];
    }
    case 'bound': {
      const binding = scope.binding(scalar.binding);
      return (evaluation) => evaluation.bound[binding];
    }
    case 'boundPart':
      return boundPart(scope.binding(scalar.binding), scalar.part);
    case 'capture': {
      const { group } = scalar;
      const held = scope.standing.held?.get(scalar.capture);
      const capture = held?.index ?? scope.capture(scalar.capture);
      const read: ScalarReader =
        typeof group === 'number'
          ? ({ captures }) => captures[capture]?.text(group)
          : ({ captures }) => captures[capture]?.named(group);
      return held === undefined ? read : readHeld(held.leaf, read);
    }
    case 'pipe':
      return pipeReader(builder, scalar, scope);
    case 'aggregate': {
      const index = accumulate(builder, scalar.operation, scalar.source);
      return ({ accumulators }) => accumulators[index].result;
    }
    case 'exists':
      return existence(builder, scalar.of, scope);
    case 'sample':
      return sampling(builder, scalar, scope);
    case 'condition': {
      const test = builder.body(scalar.condition, scope);
      return (evaluation) => {
        const result = test(evaluation);
        return result === UNKNOWN ? UNREADABLE : result === TRUE;
      };
    }
    default:
      return unreachable(scalar, 'scalar');
  }
}

/** Asking for the leaf decides it, if nothing has: it is of an earlier phase. */
function readHeld(leaf: number, read: ScalarReader): ScalarReader {
  return (evaluation) => (evaluation.leaf(leaf) === UNKNOWN ? UNREADABLE : read(evaluation));
}

export function directionOf(field: FieldSchema): 'request' | 'response' {
  return field.name.startsWith('response.') ? 'response' : 'request';
}

function fieldReader(field: FieldSchema): ScalarReader {
  const read = SCALAR_FIELDS.get(field.name);
  assert(read !== undefined, `no reader for \`${field.name}\``);
  return read;
}

function boundPart(binding: number, part: string): ScalarReader {
  switch (part) {
    case 'name':
      return ({ boundNames }) => boundNames[binding];
    case 'path':
      return ({ boundPaths }) => boundPaths[binding];
    case 'source':
      return ({ boundOrigins }) => sourceName(boundOrigins[binding]);
    default:
      return ({ boundFiles }) => {
        const file = boundFiles[binding];
        return file === null ? undefined : partOf(file, part);
      };
  }
}

/** `v.source`: the part of the message the value came from. */
function sourceName(origin: number): string {
  return origin === ORIGIN_FILE ? 'file' : (ORIGIN_NAMES[origin] ?? 'field');
}

const DIGEST_STEPS: ReadonlySet<string> = new Set(['sha1', 'sha256', 'hmac_sha256']);

/** A digest of a whole body is computed as the body streams by; the steps after it see its result. */
function pipeReader(
  builder: ProgramBuilder,
  scalar: Extract<Scalar, { kind: 'pipe' }>,
  scope: Scope,
): ScalarReader {
  const { input, steps } = unpipe(scalar);
  const [first, ...rest] = steps;
  if (input.kind === 'field' && input.field.type === 'Bytes' && DIGEST_STEPS.has(first.name)) {
    const digest = builder.digest({
      direction: directionOf(input.field),
      algorithm: first.name as 'sha1',
      key: secretOf(builder, first),
    });
    return readThrough(
      (evaluation) => evaluation.digest(digest),
      rest.map((step) => bindStep(builder, step)),
    );
  }
  return readThrough(
    compileScalar(builder, input, scope),
    steps.map((step) => bindStep(builder, step)),
  );
}

function secretOf(builder: ProgramBuilder, step: Step): string | undefined {
  const [argument] = step.args;
  if (argument === undefined) return undefined;
  return argument.kind === 'secret'
    ? builder.secret(argument.name)
    : String('value' in argument ? argument.value : '');
}

function existence(builder: ProgramBuilder, of: Selection | Scalar, scope: Scope): ScalarReader {
  if ('picks' in of) {
    const index = accumulate(builder, 'count', of);
    return ({ accumulators }) => {
      const { soFar, result } = accumulators[index];
      return soFar > 0 ? true : result === UNREADABLE ? UNREADABLE : false;
    };
  }
  const read = compileScalar(builder, of, scope);
  return (evaluation) => {
    const value = read(evaluation);
    return value === UNREADABLE ? UNREADABLE : value !== undefined;
  };
}

function sampling(
  builder: ProgramBuilder,
  scalar: Extract<Scalar, { kind: 'sample' }>,
  scope: Scope,
): ScalarReader {
  const { share } = scalar;
  const key = scalar.key === undefined ? undefined : compileScalar(builder, scalar.key, scope);
  return (evaluation: EvaluationContext): MaybeValue => {
    const value = key === undefined ? evaluation.head.id : key(evaluation);
    return value === UNREADABLE ? UNREADABLE : shareOf(textOf(value)) < share;
  };
}

/** The accumulator of a selection taken whole. */
export function accumulate(
  builder: ProgramBuilder,
  kind: AccumulatorSpec['kind'],
  source: Selection,
): number {
  return builder.accumulator(structureKey(kind, source.picks, source.steps), () => {
    const picks = source.picks.map((pick) => coverageOf(pick, builder.regex));
    const scalars = picks.flatMap(({ scalar }) =>
      scalar === undefined
        ? []
        : [
            {
              read: compileScalar(builder, scalar, builder.plainScope()),
              field: fieldLabel(scalar),
              phase: phaseOf(scalar),
            },
          ],
    );
    return {
      kind,
      phase: phaseOfSelection(source),
      filter: filterOf(picks),
      origins: picks.reduce((bits, pick) => bits | (pick.scalar === undefined ? pick.origins : 0), 0),
      facets: picks.reduce((bits, pick) => bits | (1 << pick.facet), 0),
      typed: source.picks.some((pick) => pick.field?.form === 'json'),
      plain: source.steps.length === 0,
      expand: expansion(source.steps.map((step) => bindStep(builder, step))),
      scalars,
      filePart: picks.find((pick) => pick.file !== undefined)?.file?.part ?? null,
    };
  });
}

/** What a scalar is called in reports. */
export function fieldLabel(scalar: Scalar): string {
  const { input } = unpipe(scalar);
  switch (input.kind) {
    case 'field':
      return input.field.name;
    case 'lines':
      return `${input.field.name}["${input.key}"]`;
    case 'json':
      return [input.field.name, ...input.path].join('.');
    case 'aggregate':
      return input.operation;
    case 'limiterPart':
      return `limiter.${input.limiter}.${input.part}`;
    case 'floodPart':
      return `flood.${input.flood}.${input.part}`;
    default:
      return input.kind;
  }
}
