/** What a call keeps until it begins, and that it never begins once it is given up. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DelayedCall } from '../../../../src/proxy/faults/delayed-call.ts';
import { FaultDrill, type InjectedFault } from '../../../../src/proxy/faults/fault-drill.ts';
import type { UpstreamCall } from '../../../../src/proxy/upstream/upstream.ts';

function slow(): InjectedFault {
  const fault = new FaultDrill([]).inject('/', { delayMs: 10, abortStatus: undefined });
  if (fault === undefined) throw new Error('no fault');
  return fault;
}

/** Notes what it is told. */
function recorder(): { call: UpstreamCall; told: string[] } {
  const told: string[] = [];
  const note = (what: string) => () => void told.push(what);
  const call = {
    write: (chunk: Uint8Array) => void told.push(`write ${Buffer.from(chunk).toString()}`),
    end: note('end'),
    pause: note('pause'),
    resume: note('resume'),
    abort: note('abort'),
    unsentBytes: 7,
  };
  return { call, told };
}

describe('DelayedCall', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('hands over what came meanwhile, in order, and everything later at once', () => {
    const { call, told } = recorder();
    const delayed = new DelayedCall(slow(), () => call);
    delayed.write(Buffer.from('abc'));
    delayed.end();
    delayed.pause();
    // The piece lies in memory that must not be used again.
    expect(delayed.unsentBytes).toBe(3);
    expect(told).toEqual([]);
    vi.advanceTimersByTime(10);
    expect(told).toEqual(['pause', 'write abc', 'end']);
    delayed.resume();
    delayed.write(Buffer.from('d'));
    delayed.end();
    delayed.pause();
    delayed.abort();
    expect(told.slice(3)).toEqual(['resume', 'write d', 'end', 'pause', 'abort']);
    expect(delayed.unsentBytes).toBe(7);
  });

  it('takes back a pause', () => {
    const { call, told } = recorder();
    const delayed = new DelayedCall(slow(), () => call);
    delayed.pause();
    delayed.resume();
    vi.advanceTimersByTime(10);
    expect(told).toEqual([]);
  });

  it('keeps one piece, no more', () => {
    const delayed = new DelayedCall(slow(), () => recorder().call);
    delayed.write(Buffer.from('a'));
    expect(() => delayed.write(Buffer.from('b'))).toThrow('one piece at a time');
  });

  it('never begins after it was given up', () => {
    const begin = vi.fn(() => recorder().call);
    const delayed = new DelayedCall(slow(), begin);
    delayed.write(Buffer.from('abc'));
    delayed.abort();
    vi.advanceTimersByTime(1_000);
    expect(begin).not.toHaveBeenCalled();
    expect(delayed.unsentBytes).toBe(0);
  });

  it('can be told anything where no call was made in the end', () => {
    const delayed = new DelayedCall(slow(), () => null);
    vi.advanceTimersByTime(10);
    delayed.end();
    delayed.abort();
    expect(delayed.unsentBytes).toBe(0);
  });
});
