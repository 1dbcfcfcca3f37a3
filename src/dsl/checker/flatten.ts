/** Picks of one type, made one selection. */
import type { TypeName } from '../../http/transform/transformation.ts';
import type { Pick } from '../checked-condition.ts';
import type { Span } from '../source.ts';
import type { Context } from './context.ts';
import type { Typed } from './types.ts';

/** The type of what a pick gives. */
function pickType(pick: Pick): TypeName {
  return pick.scalar?.type ?? pick.field?.type ?? 'String';
}

function isRecords(pick: Pick): boolean {
  return pick.field?.form === 'records';
}

/** One selection of all picks; E201 if their types differ. `picks` must not be empty. */
export function flattenSelection(context: Context, picks: readonly Pick[], span: Span): Typed {
  const [first] = picks;
  const type = pickType(first);
  const records = isRecords(first);
  for (const pick of picks) {
    if (pickType(pick) === type && isRecords(pick) === records) continue;
    return context.broken('E201', pick.span, 'the values of one selection have one type', {
      note: isRecords(pick) ? 'files' : pickType(pick),
      labels: [{ span: first.span, message: records ? 'files' : type }],
      help: 'write two tests and join them with `or`',
    });
  }
  const show = records ? 'List of files' : `List<${type}>`;
  return {
    form: 'selection',
    selection: { picks, steps: [], type, span },
    records,
    show,
    span,
  };
}
