/**
 * Ward's own log: pino, one JSON object a line, `event` naming what happened. Level and time are words, so that a
 * line can be read without a table.
 */
import { pino } from 'pino';
import type { Logger } from 'pino';
import { prettyFactory } from 'pino-pretty';
import type { LogSink } from './log-queue.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** What a line carries besides level and time. Client text in it must have gone through `printable`. */
export interface LogFields {
  readonly event: string;
  readonly [field: string]: unknown;
}

/** The part of a logger that the rest of Ward uses. */
export interface Log {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}

export function createLog(
  sink: LogSink,
  level: LogLevel,
  bindings: Readonly<Record<string, unknown>> = {},
): Log {
  const logger: Logger = pino(
    {
      level,
      base: bindings,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    sink,
  );
  return logger;
}

/** Formats lines for a person at a terminal; text that is no log line is passed on unchanged. */
export function createPrettyPrinter(colour: boolean): (lines: string) => string {
  const format = prettyFactory({
    colorize: colour,
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'pid,hostname,worker',
    messageKey: 'msg',
    singleLine: true,
  });
  return (lines) =>
    lines
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => format(line) ?? `${line}\n`)
      .join('');
}
