/** Scalars and values as texts: what an exclusion calls a scalar, and what a sample or a comparison of keys looks at. */
import type { Scalar } from '../../src/dsl/checked-condition.ts';
import type { Value } from '../../src/http/value.ts';

/** The name a scalar has in reports and exclusions. */
export function labelOf(scalar: Scalar): string {
  switch (scalar.kind) {
    case 'pipe':
      return labelOf(scalar.input);
    case 'field':
      return scalar.field.name;
    case 'lines':
      return `${scalar.field.name}["${scalar.key}"]`;
    case 'json':
      return [scalar.field.name, ...scalar.path].join('.');
    default:
      return scalar.kind;
  }
}

/** One text for each value, whatever its type; none for no value. */
export function textOf(value: Value | undefined): string {
  if (typeof value === 'object' && 'text' in value) return value.text;
  if (typeof value === 'object' && 'json' in value) return JSON.stringify(value.json);
  return value === undefined ? '' : String(value);
}
