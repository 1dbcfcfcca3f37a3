import { expect, test } from 'vitest';
import { QUOTED_CHARS_MAX } from '../../../src/core/limits.ts';
import { quoted } from '../../../src/dsl/token.ts';

test('words of QUOTED_CHARS_MAX characters are repeated, longer ones cut', () => {
  const longest = 'w'.repeat(QUOTED_CHARS_MAX);
  expect([quoted(longest), quoted(`${longest}w`)]).toEqual([`\`${longest}\``, `\`${longest}…\``]);
});
