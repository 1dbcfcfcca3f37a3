/**
 * Finds the clients that send their body too slowly: one sweep a second over the bodies under way, no timer of their own.
 *
 * Each stretch of `windowMs` must bring its share, so that a fast beginning buys nothing for later. Only time in which
 * the client could send counts: while Ward has the body paused, it is the service that is slow.
 */
import type { Clock } from '../../core/clock.ts';
import { SLOW_SWEEP_MS } from '../../core/limits.ts';

/** Plain data; the configuration maps onto it. */
export interface UploadPace {
  /** Bytes a second; 0: any pace will do. */
  readonly bodyRateMin: number;
  /** Length of the stretches over which it is taken. */
  readonly bodyWindowMs: number;
}

/** A body under way. */
export interface Upload {
  readonly uploadedBytes: number;
  /** Nothing is read from the client now. */
  readonly uploadPaused: boolean;
  /** Called in each sweep: whether the client waits or Ward does, nobody else is to lose patience. */
  keepWaiting(): void;
  /** It is to be ended; called once. */
  tooSlow(): void;
}

interface Stretch {
  /** What had come when it began. */
  bytes: number;
  waitedMs: number;
}

export class SlowUploads {
  readonly #pace: UploadPace;
  readonly #clock: Clock;
  readonly #uploads = new Map<Upload, Stretch>();
  #timer: NodeJS.Timeout | undefined;
  #sweptMs: number;
  #cut = 0;

  constructor(pace: UploadPace, clock: Clock) {
    this.#pace = pace;
    this.#clock = clock;
    this.#sweptMs = clock.monotonic();
  }

  start(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => this.sweep(), SLOW_SWEEP_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Bodies that were too slow. */
  get cut(): number {
    return this.#cut;
  }

  /** Bodies under way. */
  get watched(): number {
    return this.#uploads.size;
  }

  watch(upload: Upload): void {
    this.#uploads.set(upload, { bytes: 0, waitedMs: 0 });
  }

  /** Its body has ended, or it has. Idempotent. */
  unwatch(upload: Upload): void {
    this.#uploads.delete(upload);
  }

  /** Looks at all of them. Called by the timer, and by tests. */
  sweep(): void {
    const now = this.#clock.monotonic();
    // A sweep that comes late tells of a busy worker, which read nothing meanwhile.
    const passedMs = Math.min(now - this.#sweptMs, 2 * SLOW_SWEEP_MS);
    this.#sweptMs = now;
    const { bodyRateMin, bodyWindowMs } = this.#pace;
    const bytesMin = (bodyRateMin * bodyWindowMs) / 1_000;
    for (const [upload, stretch] of this.#uploads) {
      upload.keepWaiting();
      if (upload.uploadPaused) continue;
      stretch.waitedMs += passedMs;
      if (stretch.waitedMs < bodyWindowMs) continue;
      if (upload.uploadedBytes - stretch.bytes < bytesMin) {
        this.#cut += 1;
        this.#uploads.delete(upload);
        upload.tooSlow();
      } else {
        stretch.bytes = upload.uploadedBytes;
        stretch.waitedMs = 0;
      }
    }
  }
}
