import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../../src/core/clock.ts';
import { BODY_RATE_MIN_DEFAULT, BODY_RATE_WINDOW_MS, SLOW_SWEEP_MS } from '../../../../src/core/limits.ts';
import { SlowUploads, type Upload } from '../../../../src/proxy/clients/slow-uploads.ts';

class FakeUpload implements Upload {
  uploadedBytes = 0;
  uploadPaused = false;
  kept = 0;
  ended = 0;

  keepWaiting(): void {
    this.kept += 1;
  }

  tooSlow(): void {
    this.ended += 1;
  }
}

function setUp(bodyRateMin = BODY_RATE_MIN_DEFAULT) {
  const clock = new ManualClock();
  const uploads = new SlowUploads({ bodyRateMin, bodyWindowMs: BODY_RATE_WINDOW_MS }, clock);
  const upload = new FakeUpload();
  uploads.watch(upload);
  /** Sweeps for so long, with so many bytes a second. */
  const run = (ms: number, bytesPerS: number) => {
    for (let passed = 0; passed < ms; passed += SLOW_SWEEP_MS) {
      clock.advance(SLOW_SWEEP_MS);
      upload.uploadedBytes += (bytesPerS * SLOW_SWEEP_MS) / 1_000;
      uploads.sweep();
    }
  };
  return { uploads, upload, clock, run };
}

describe('SlowUploads', () => {
  it('ends a body below BODY_RATE_MIN_DEFAULT after BODY_RATE_WINDOW_MS, once', () => {
    const { uploads, upload, run } = setUp();
    run(BODY_RATE_WINDOW_MS - SLOW_SWEEP_MS, BODY_RATE_MIN_DEFAULT - 1);
    expect(upload.ended).toBe(0);
    run(BODY_RATE_WINDOW_MS, BODY_RATE_MIN_DEFAULT - 1);
    expect(upload.ended).toBe(1);
    expect(uploads.cut).toBe(1);
    expect(uploads.watched).toBe(0);
  });

  it('lets a body at that pace go on', () => {
    const { upload, run } = setUp();
    run(10 * BODY_RATE_WINDOW_MS, BODY_RATE_MIN_DEFAULT);
    expect(upload.ended).toBe(0);
  });

  it('gives nothing for a fast beginning', () => {
    const { upload, run } = setUp();
    run(BODY_RATE_WINDOW_MS, 1_000_000);
    run(BODY_RATE_WINDOW_MS, 1);
    expect(upload.ended).toBe(1);
  });

  it('does not count time in which the body was paused, and keeps the listener patient', () => {
    const { upload, run } = setUp();
    upload.uploadPaused = true;
    run(100 * BODY_RATE_WINDOW_MS, 0);
    expect(upload.ended).toBe(0);
    expect(upload.kept).toBe((100 * BODY_RATE_WINDOW_MS) / SLOW_SWEEP_MS);
    upload.uploadPaused = false;
    run(BODY_RATE_WINDOW_MS, 0);
    expect(upload.ended).toBe(1);
  });

  it('does not blame clients for a sweep that comes late', () => {
    const { uploads, upload, clock } = setUp();
    clock.advance(10 * BODY_RATE_WINDOW_MS);
    uploads.sweep();
    expect(upload.ended).toBe(0);
  });

  it('lets any pace do when there is no rate', () => {
    const { upload, run } = setUp(0);
    run(100 * BODY_RATE_WINDOW_MS, 0);
    expect(upload.ended).toBe(0);
  });

  it('forgets what has ended', () => {
    const { uploads, upload, run } = setUp();
    uploads.unwatch(upload);
    uploads.unwatch(upload);
    run(2 * BODY_RATE_WINDOW_MS, 0);
    expect(upload.ended).toBe(0);
  });
});
