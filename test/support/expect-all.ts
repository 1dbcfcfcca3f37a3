/** What a detector says of lists of values: one assertion that names those it is wrong about. */
import { expect } from 'vitest';

export function expectAllBy(
  detects: (text: string) => boolean,
): (values: readonly string[], expected: boolean) => void {
  return (values, expected) => {
    expect(values.filter((value) => detects(value) !== expected)).toEqual([]);
  };
}
