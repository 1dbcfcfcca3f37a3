// What is said about files that cannot be read.
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fileFault } from '../../../src/core/file-fault.ts';

function faultOf(path: string): string {
  try {
    readFileSync(path);
  } catch (error) {
    return fileFault(error);
  }
  return 'none';
}

describe('fileFault', () => {
  it('says in words what the file system tells', () => {
    expect(faultOf(tmpdir())).toBe('it is a directory');
    expect(faultOf(join(tmpdir(), 'no-such-file'))).toBe('it does not exist');
    expect(faultOf(join(import.meta.filename, 'below-a-file'))).toBe('a part of its path is no directory');
  });

  it('leaves what it has no words for as it is', () => {
    expect(fileFault(Object.assign(new Error('open'), { code: 'EMFILE' }))).toBe('EMFILE');
    expect(fileFault(new Error('it is too large'))).toBe('it is too large');
  });
});
