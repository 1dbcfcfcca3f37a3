/** `normalize_path_win`: SecLang's normalizePathWin. */
import { normalizePath } from './normalize-path.ts';
import type { TextTransformation } from './transformation.ts';

const TRIGGER = /[./\\]/;

export const normalize_path_win: TextTransformation = {
  kind: 'text',
  name: 'normalize_path_win',
  doc: 'As `normalize_path` with backslashes read and written as slashes. SecLang: normalizePathWin.',
  parameters: [],
  triggers: './\\',
  endTriggers: '.',
  erases: false,
  examples: [
    { input: '\\a\\..\\b', output: '/b' },
    { input: 'C:\\x\\\\y', output: 'C:/x/y' },
    { input: '/a/./b', output: '/a/b' },
  ],
  bind: () => (text) => (TRIGGER.test(text) ? normalizePath(text, true) : text),
};
