/** The queue of ends always has the soonest first, whatever is added, moved and taken out. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ExpiryQueue } from '../../src/limiter/bans/expiry-queue.ts';
import type { Expiring } from '../../src/limiter/bans/expiry-queue.ts';

const step = fc.record({
  what: fc.constantFrom('add', 'move', 'remove'),
  which: fc.nat(),
  timeMs: fc.integer({ min: 0, max: 50 }),
});

it('agrees with a sorted list', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const queue = new ExpiryQueue<Expiring>();
      const members: Expiring[] = [];
      for (const { what, which, timeMs } of steps) {
        const at = members.length === 0 ? -1 : which % members.length;
        const member = members[at];
        if (what === 'add' || member === undefined) {
          const added = { expiresAtMs: timeMs, place: -1 };
          members.push(added);
          queue.add(added);
        } else if (what === 'move') {
          member.expiresAtMs = timeMs;
          queue.moved(member);
        } else {
          members.splice(at, 1);
          queue.remove(member);
          expect(member.place).toBe(-1);
        }
        expect(queue.size).toBe(members.length);
        const soonest = members.length === 0 ? undefined : Math.min(...members.map((one) => one.expiresAtMs));
        expect(queue.first?.expiresAtMs).toBe(soonest);
      }
    }),
    { numRuns: 500 },
  );
});
