import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../../src/core/clock.ts';
import {
  UNREAD_ANSWERS_SHARE_MAX,
  UNREAD_ANSWER_MS_MIN,
  UNREAD_CLIENT_SHARE_MAX,
} from '../../../../src/core/limits.ts';
import { type UnreadAnswer, UnreadAnswers } from '../../../../src/proxy/clients/unread-answers.ts';

const CONNECTIONS = 64;
const OF_CLIENT = CONNECTIONS * UNREAD_CLIENT_SHARE_MAX;
const OF_ALL = CONNECTIONS * UNREAD_ANSWERS_SHARE_MAX;

function setUp(inUse = CONNECTIONS) {
  const clock = new ManualClock();
  const answers = new UnreadAnswers(CONNECTIONS, () => inUse, clock);
  const ended: string[] = [];
  const block = (name: string, clientKey: string): UnreadAnswer => {
    const answer = { clientKey, giveUp: () => void ended.push(name) };
    answers.blocked(answer);
    return answer;
  };
  return { answers, clock, ended, block };
}

describe('UnreadAnswers', () => {
  it('leaves a client UNREAD_CLIENT_SHARE_MAX of the connections and ends what waits longest', () => {
    const { answers, ended, block } = setUp();
    block('other', 'b');
    for (let i = 0; i < OF_CLIENT; i++) block(`a${i}`, 'a');
    expect(ended).toEqual([]);
    block('one more', 'a');
    block('two more', 'a');
    expect(ended).toEqual(['a0', 'a1']);
    expect(answers.cut).toBe(2);
    expect(answers.size).toBe(OF_CLIENT + 1);
  });

  it('leaves all clients UNREAD_ANSWERS_SHARE_MAX, and ends who took nothing for UNREAD_ANSWER_MS_MIN', () => {
    const { clock, ended, block } = setUp();
    for (let i = 0; i < OF_ALL; i++) block(`${i}`, `client ${i}`);
    clock.advance(UNREAD_ANSWER_MS_MIN - 1);
    block('early', 'client early');
    expect(ended).toEqual([]);
    clock.advance(1);
    block('late', 'client late');
    expect(ended).toEqual(['0']);
  });

  it('is patient while less than half of the connections are in use', () => {
    const { clock, ended, block } = setUp(OF_ALL - 1);
    for (let i = 0; i < CONNECTIONS; i++) block(`${i}`, 'a');
    clock.advance(100 * UNREAD_ANSWER_MS_MIN);
    block('late', 'a');
    expect(ended).toEqual([]);
  });

  it('forgets who reads again, and counts nobody twice', () => {
    const { answers, ended, block } = setUp();
    const first = block('first', 'a');
    answers.blocked(first);
    answers.released(first);
    answers.released(first);
    for (let i = 0; i < OF_CLIENT; i++) block(`a${i}`, 'a');
    expect(ended).toEqual([]);
  });
});
