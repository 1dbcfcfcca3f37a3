/** Waiting as a dependency, so that tests can run an outage of an hour in a millisecond. */

export interface TimerHandle {
  /** It will not run any more; harmless when it has run. */
  cancel(): void;
}

export interface Timers {
  /** Runs once, `ms` from now at the earliest. Never keeps the process alive. */
  after(ms: number, run: () => void): TimerHandle;
  /** Runs once after whatever has already arrived from the network was handed out. */
  afterIo(run: () => void): void;
}

export const systemTimers: Timers = {
  after(ms, run) {
    const timer = setTimeout(run, ms).unref();
    return {
      cancel: () => {
        clearTimeout(timer);
      },
    };
  },
  afterIo(run) {
    setImmediate(run);
  },
};
