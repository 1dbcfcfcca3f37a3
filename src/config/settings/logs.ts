/** Settings of what is written of requests and of Ward itself. */
import { choice, flag, group, text } from '../setting.ts';

export const LOGS = group(
  'Security events, access records and what Ward says of itself: one JSON object a line.',
  {
    level: choice('Least severity written.', ['debug', 'info', 'warn', 'error'], 'info'),
    format: choice('`auto` is pretty on a terminal, else json.', ['auto', 'json', 'pretty'], 'auto'),
    access: flag('Also one record for each request that passed.', false),
    identity: choice(
      'Of verified tokens: `plain` writes issuer, subject and key id, `hash` a keyed hash in place of the subject (`redaction_key`), `off` none of it.',
      ['plain', 'hash', 'off'],
      'plain',
    ),
    destination: {
      ...text('`stdout`, `stderr`, or a file to append to.', 'stdout, stderr or a path'),
      default: 'stdout',
    },
  },
);
