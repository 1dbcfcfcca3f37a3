import { afterEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../../src/core/clock.ts';
import { CLIENT_WRITE_MS } from '../../../../src/core/limits.ts';
import { type BlockedAnswer, BlockedAnswers } from '../../../../src/proxy/uws/blocked-answers.ts';

describe('BlockedAnswers', () => {
  const clock = new ManualClock();
  const started: BlockedAnswers[] = [];
  const setUp = (writeMs: number) => {
    const did: string[] = [];
    const answers = new BlockedAnswers(writeMs, () => did.push('slow'), clock);
    started.push(answers);
    const answer: BlockedAnswer = {
      keepWaiting: () => did.push('wait'),
      cutClient: () => {
        did.push('cut');
        answers.released(answer);
      },
    };
    answers.blocked(answer);
    return { answers, answer, did };
  };
  afterEach(() => {
    for (const answers of started.splice(0)) answers.stop();
  });

  it('waits CLIENT_WRITE_MS for a client that takes nothing, then cuts it', () => {
    const { answers, did } = setUp(CLIENT_WRITE_MS);
    clock.advance(CLIENT_WRITE_MS - 1);
    answers.sweep();
    expect(did).toEqual(['wait']);
    clock.advance(1);
    answers.sweep();
    answers.sweep();
    expect(did).toEqual(['wait', 'slow', 'cut']);
  });

  it('begins anew when the client took something', () => {
    const { answers, answer, did } = setUp(CLIENT_WRITE_MS);
    clock.advance(CLIENT_WRITE_MS - 1);
    answers.released(answer);
    answers.blocked(answer);
    clock.advance(CLIENT_WRITE_MS - 1);
    answers.sweep();
    expect(did).toEqual(['wait']);
  });

  it('waits without end for 0', () => {
    const { answers, did } = setUp(0);
    clock.advance(1_000 * CLIENT_WRITE_MS);
    answers.sweep();
    expect(did).toEqual(['wait']);
  });
});
