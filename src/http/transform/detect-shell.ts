/** `detect_shell`: the predicate around the reader of command lines in `src/detect/shell` (docs/detection.md). */
import { SHELL_MARKS, detectShell } from '../../detect/shell/detect-shell.ts';
import { detector } from './detector.ts';

export const detect_shell = detector({
  name: 'detect_shell',
  doc: 'True for text that would run a command of its own where a program pastes it into a command line: data, then a separator or a substitution, then a command with arguments that make sense. Decode and lower first. Texts of many lines and values that begin with a command are scripts, not arguments: they break out of nothing.',
  examples: [
    { input: '127.0.0.1; cat /etc/passwd', output: true },
    { input: 'x|id', output: true },
    { input: "a'; w'h'oami #", output: true },
    { input: '$(sleep 5)', output: true },
    { input: 'salt & pepper; more butter', output: false },
    { input: 'npm run build && rm -rf dist', output: false },
  ],
  needs: SHELL_MARKS,
  reads: detectShell,
});
