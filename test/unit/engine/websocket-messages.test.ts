// WebSocket messages: a small body phase each, on the scores of the handshake.
import { describe, expect, it } from 'vitest';
import { begin, bytes, engineFor } from '../../support/transaction-of.ts';

const RULES = `
policy "p" { mode enforce body hold 1KiB, window 64B, max 1MiB -> block 413 threshold request >= 5 -> block 403 }
rule t.head "x" { severity notice when any request.headers["x-odd"] contains "1" then score 3 }
rule t.block "x" { severity critical when ws.direction == "in" and any ws.text contains "attack" then block 403 }
rule t.score "x" { severity notice when any ws.text contains "odd" then score 3 }
rule t.size "x" { severity error when ws.bytes > 500B then block 413 }
`;

function opened(headers: [string, string][] = []) {
  const transaction = begin(engineFor(RULES), { headers });
  void transaction.requestEnd();
  transaction.responseHead(101, []);
  return (direction: 'in' | 'out', text: string) => transaction.wsMessage(direction, bytes(text));
}

describe('messages', () => {
  it('judges each on its own', () => {
    const send = opened();
    expect(send('in', 'hello').action).toBe('pass');
    expect(send('in', 'an attack')).toMatchObject({ action: 'block', by: 't.block', phase: 'ws_message' });
    expect(send('out', 'an attack').action).toBe('pass');
    expect(send('in', 'hello again').action).toBe('pass');
    expect(send('in', 'x'.repeat(501))).toMatchObject({ by: 't.size' });
  });

  it('finds what lies in the middle of a long message', () => {
    expect(opened()('in', `${'x'.repeat(300)}attack${'x'.repeat(100)}`).by).toBe('t.block');
  });

  it('refuses every message of a handshake that the rules refuse', () => {
    const rules = 'rule t.a "x" { severity error when any request.headers["x-odd"] == "1" then block 403 }';
    const transaction = begin(engineFor(rules), { headers: [['x-odd', '1']] });
    expect(transaction.wsMessage('in', bytes('hello'))).toMatchObject({ action: 'block', by: 't.a' });
    transaction.close();
  });

  it('begins with the scores of the handshake, not with those of other messages', () => {
    const plain = opened();
    expect(plain('in', 'odd').action).toBe('pass');
    expect(plain('in', 'odd').action).toBe('pass');
    expect(opened([['x-odd', '1']])('in', 'odd')).toMatchObject({ by: 'policy.threshold.request' });
  });
});
