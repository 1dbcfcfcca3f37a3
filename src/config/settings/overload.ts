/** Settings of what is refused when there is more to do than a worker can. */
import {
  CONFIG_LIST_ENTRIES_MAX,
  OVERLOAD_IN_FLIGHT_DEFAULT,
  OVERLOAD_IN_FLIGHT_MAX,
  OVERLOAD_LOOP_DELAY_MS_DEFAULT,
  OVERLOAD_RETRY_AFTER_S_DEFAULT,
} from '../../core/limits.ts';
import { duration, flag, group, list, whole } from '../setting.ts';
import { ms } from './forms.ts';

export const OVERLOAD = group(
  'When a worker has more to do than it can, requests get 503 before any rule is asked, those of unknown clients first.',
  {
    enabled: flag('Do so.', true),
    event_loop_delay: duration(
      'Lasting delay of the event loop at which it begins. `0ms`: not looked at.',
      ms(OVERLOAD_LOOP_DELAY_MS_DEFAULT),
    ),
    in_flight_max: whole(
      'Requests at once, per worker, at which everything is refused; it begins at half of them.',
      1,
      OVERLOAD_IN_FLIGHT_MAX,
      OVERLOAD_IN_FLIGHT_DEFAULT,
    ),
    retry_after: duration(
      'When the client is told to come back, up to twice as long.',
      `${OVERLOAD_RETRY_AFTER_S_DEFAULT}s`,
    ),
    keep: {
      ...list(
        'Canonical paths that are always served: those by which an orchestrator asks for health.',
        'a list of paths such as /healthz, without query',
        CONFIG_LIST_ENTRIES_MAX,
        'path',
      ),
      default: ['/healthz', '/livez', '/readyz', '/health'],
    },
  },
);
