/** Output for people: colours where they are wanted, results on stdout, everything else on stderr. */
import { styleText } from 'node:util';

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

export interface Terminal {
  /** Results: what a pipe wants. */
  out(text: string): void;
  /** Progress and errors. */
  note(text: string): void;
  paint(style: Style, text: string): string;
  readonly colour: boolean;
}

/** Colours on a terminal, unless NO_COLOR is set (no-color.org). */
export function createTerminal(environment: NodeJS.ProcessEnv = process.env): Terminal {
  const wanted = environment.NO_COLOR === undefined || environment.NO_COLOR === '';
  const colour = wanted && process.stdout.isTTY;
  return {
    colour,
    out: (text) => void process.stdout.write(`${text}\n`),
    note: (text) => void process.stderr.write(`${text}\n`),
    paint: (style, text) => (colour ? styleText(style, text) : text),
  };
}
