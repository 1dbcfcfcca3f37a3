/** `detect_command`: the predicate around the reader of whole command lines in `src/detect/shell` (docs/detection.md). */
import { COMMAND_MARKS, detectCommand } from '../../detect/shell/detect-command.ts';
import { detector } from './detector.ts';

export const detect_command = detector({
  name: 'detect_command',
  doc: 'True for a text of one line that is a command line as a whole: a program with a flag, a path of the system, an address, a variable or a redirection that only a command has, or a name that quotes and escapes hide. Decode and lower first. Names alone and words side by side are none.',
  examples: [
    { input: 'ls -la', output: true },
    { input: 'sudo cat /etc/passwd', output: true },
    { input: "w'h'oami", output: true },
    { input: 'curl tutorial', output: false },
    { input: 'find me a hotel', output: false },
    { input: 'ls -la\nwc -l x', output: false },
  ],
  needs: COMMAND_MARKS,
  reads: detectCommand,
});
