/** Settings whose values must not stand in the file. */
import type { SettingSchema } from '../setting.ts';

/** Where a value that must not stand in the file is found. */
export function secretSource(description: string): SettingSchema {
  return {
    type: 'object',
    description,
    properties: { env: { type: 'string' }, file: { type: 'string' } },
    additionalProperties: false,
    minProperties: 1,
    maxProperties: 1,
  };
}

/** A value from the environment or a file; a leaf, although its schema has properties inside. */
export function secretLeaf(description: string): SettingSchema {
  return {
    description,
    anyOf: [secretSource(description)],
    'x-expects': '{ env: NAME } or { file: path }',
  };
}
