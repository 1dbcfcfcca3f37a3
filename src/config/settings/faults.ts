/** Settings of fault drills. */
import { flag, group } from '../setting.ts';

export const FAULTS = group('What rules let go wrong on purpose (`fault delay`, `fault abort`).', {
  enabled: flag(
    'Carry it out, but on the paths of `overload.keep`. Otherwise such rules match, are logged and do nothing.',
    false,
  ),
});
