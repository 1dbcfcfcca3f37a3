/** The gates of an engine that was given none, as in tests, examples and other processes: all of it in its own memory. */
import type { Clock } from '../../core/clock.ts';
import { OWN_GATE_KEYS } from '../../core/limits.ts';
import { WorkerBanBook } from '../../limiter/bans/worker-ban-book.ts';
import { FloodMeter } from '../../limiter/flood/flood-meter.ts';
import { createFloodTables } from '../../limiter/flood/flood-tables.ts';
import type { Gates } from '../../limiter/gates.ts';
import { MemoryStore } from '../../limiter/memory/memory-store.ts';
import { createMemoryTables } from '../../limiter/memory/memory-tables.ts';

/** Made to be thrown away with the engine; smaller than those of a process that serves. */
export function ownGates(clock: Clock): Gates {
  const tables = createMemoryTables({
    smallRecords: OWN_GATE_KEYS,
    slidingRecords: OWN_GATE_KEYS,
    sketchCells: OWN_GATE_KEYS,
    clock,
  });
  return {
    limits: new MemoryStore(tables, clock),
    floods: new FloodMeter(createFloodTables({ workers: 1, keys: OWN_GATE_KEYS }), clock, { workerIndex: 0 }),
    bans: new WorkerBanBook({ clock }),
  };
}
