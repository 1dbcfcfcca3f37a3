/** Settings of the patience with clients. */
import { NODE_HEADERS_MS, NODE_KEEPALIVE_MS, NODE_REQUEST_MS, CLIENT_WRITE_MS } from '../../core/limits.ts';
import { duration, group } from '../setting.ts';
import { ms } from './forms.ts';

export const CLIENT_TIMEOUTS = group(
  'Patience with clients. All but `write` for listener `node` only: uWebSockets.js cuts heads and unused connections after 8 to 12 s and has no bound on a whole request.',
  {
    head: duration('How long a request head may take; 408 beyond.', ms(NODE_HEADERS_MS)),
    request: duration('How long a whole request may take; 408 beyond.', ms(NODE_REQUEST_MS)),
    keepalive: duration('How long an unused connection is kept.', ms(NODE_KEEPALIVE_MS)),
    write: duration(
      'How long a client may take nothing of what waits for it; then it is cut, by listener `node` after up to twice as long. `0ms`: never.',
      ms(CLIENT_WRITE_MS),
    ),
  },
);
