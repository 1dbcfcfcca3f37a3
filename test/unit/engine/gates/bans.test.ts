// Bans: who is refused before anything else, who is banned, who never is.
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../../src/core/clock.ts';
import type { RuleEngine } from '../../../../src/engine/engine.ts';
import { RecordedGates } from '../../../support/recorded-gates.ts';
import { begin, bytes, engineFor } from '../../../support/transaction-of.ts';

function made(rules: string): { engine: RuleEngine; gates: RecordedGates; clock: ManualClock } {
  const clock = new ManualClock();
  const gates = new RecordedGates(clock);
  return { engine: engineFor(rules, {}, { gates, clock }), gates, clock };
}

function verdictOf(engine: RuleEngine, request: Parameters<typeof begin>[1] = {}) {
  const transaction = begin(engine, request);
  const { verdict } = transaction;
  transaction.close();
  return verdict;
}

const POLICY = 'policy "p" { mode enforce on banned -> block 418 never ban office }';
const OFFICE = 'list office : Cidr = ["10.0.0.0/8"]';
const DOTFILE = `${POLICY} ${OFFICE}
rule scan.dotfile "x" { severity critical when request.path == "/.env" then block 404, ban client.ip for 10m }`;

describe('a rule that bans', () => {
  it('bans the value its key has, for as long as it says', () => {
    const { engine, gates, clock } = made(DOTFILE);
    const transaction = begin(engine, { target: '/.env' });
    expect(transaction.verdict).toMatchObject({ by: 'scan.dotfile', status: 404 });
    const report = transaction.report();
    expect(report.bans).toEqual([
      { kind: 'client.ip', mode: 'enforce', key: '198.51.100.7', forMs: 600_000, by: 'scan.dotfile' },
    ]);
    expect(report.matches[0].effects).toEqual(['block 404', 'ban client.ip for 10m']);
    transaction.close();
    expect(gates.bans.find('client.ip', '198.51.100.7')?.by).toBe('scan.dotfile');
    expect(verdictOf(engine)).toMatchObject({ by: 'policy.banned', status: 418, phase: 'connection' });
    expect(verdictOf(engine, { from: '198.51.100.8' }).action).toBe('pass');
    clock.advance(600_001);
    expect(verdictOf(engine).action).toBe('pass');
  });

  it('bans in any phase: by what the service answered', () => {
    const { engine } = made(`${POLICY} ${OFFICE}
rule t.a "x" { severity notice when response.status == 404 then log, ban client.ip |> subnet(24, 56) for 1h }`);
    const transaction = begin(engine);
    void transaction.requestEnd();
    transaction.responseHead(404, []);
    expect(transaction.report().bans[0].kind).toBe('client.ip |> subnet(24, 56)');
    transaction.close();
    expect(verdictOf(engine, { from: '198.51.100.99' }).by).toBe('policy.banned');
    expect(verdictOf(engine, { from: '198.51.101.99' }).action).toBe('pass');
  });

  it('bans nobody for a value that is not there', () => {
    const { engine, gates } = made(`${POLICY} ${OFFICE}
rule t.a "x" { severity notice when request.path == "/x" then log, ban request.headers["x-key"] for 1h }`);
    expect(verdictOf(engine, { target: '/x' }).action).toBe('pass');
    expect(gates.bans.empty).toBe(true);
    verdictOf(engine, { target: '/x', headers: [['x-key', 'k1']] });
    expect(verdictOf(engine, { headers: [['x-key', 'k1']] })).toMatchObject({
      by: 'policy.banned',
      phase: 'headers',
    });
  });

  it('looks for a key of the body at its end', async () => {
    const { engine } = made(`${POLICY} ${OFFICE}
rule t.a "x" { severity notice when any args == "evil" then log, ban one(args["user"]) for 1h }`);
    const send = async (body: string) => {
      const transaction = begin(engine, {
        body,
        headers: [['content-type', 'application/x-www-form-urlencoded']],
      });
      await transaction.requestBody(bytes(body));
      await transaction.requestEnd();
      transaction.close();
      return transaction.verdict;
    };
    expect((await send('user=eve&q=evil')).action).toBe('pass');
    expect(await send('user=eve')).toMatchObject({ by: 'policy.banned', phase: 'body' });
    expect((await send('user=ann')).action).toBe('pass');
  });

  it('prints no key that policy redacts', () => {
    const { engine } = made(`policy "p" { mode enforce redact request.headers["x-key"] }
rule t.a "x" { severity notice when request.path == "/x" then log, ban request.headers["x-key"] |> lower for 1h }`);
    const transaction = begin(engine, { target: '/x', headers: [['x-key', 'HushHush']] });
    const report = transaction.report();
    transaction.close();
    expect(report.bans[0].key).toMatchObject({ redacted: 'request.headers["x-key"] |> lower', length: 8 });
    expect(JSON.stringify(report).toLowerCase()).not.toContain('hushhush');
  });
});

describe('a member of a `never ban` list', () => {
  it('is neither banned nor refused by a ban of any key', () => {
    const { engine, gates } = made(DOTFILE);
    expect(verdictOf(engine, { target: '/.env', from: '10.1.2.3' }).by).toBe('scan.dotfile');
    expect(gates.bans.empty).toBe(true);
    gates.bans.add('client.ip', '10.1.2.3', 1_000, 'operator');
    expect(verdictOf(engine, { from: '10.1.2.3' }).action).toBe('pass');
  });
});

describe('an operator', () => {
  it('bans addresses whether or not a rule does', () => {
    const { engine, gates } = made('policy "p" { mode enforce on banned -> block 403 }');
    gates.bans.add('client.ip', '198.51.100.7', 60_000, 'operator');
    expect(verdictOf(engine).by).toBe('policy.banned');
  });
});

describe('where a ban does not refuse', () => {
  it('`on banned -> log` notes it and goes on', () => {
    const { engine, gates } = made(`policy "p" { mode enforce on banned -> log }`);
    gates.bans.add('client.ip', '198.51.100.7', 60_000, 'operator');
    const transaction = begin(engine);
    expect(transaction.verdict.action).toBe('pass');
    expect(transaction.report().logged).toEqual(['policy.banned']);
    transaction.close();
  });

  it('a rule on trial bans in the shadow', () => {
    const { engine } = made(DOTFILE.replace('critical', 'critical mode monitor'));
    verdictOf(engine, { target: '/.env' });
    const transaction = begin(engine);
    expect(transaction.verdict.action).toBe('pass');
    expect(transaction.report().shadow.by).toBe('policy.banned');
    transaction.close();
  });

  it('a policy on trial refuses nobody', () => {
    const { engine, gates } = made('policy "p" { mode monitor on banned -> block 403 }');
    gates.bans.add('client.ip', '198.51.100.7', 60_000, 'operator');
    const transaction = begin(engine);
    expect(transaction.verdict.action).toBe('pass');
    expect(transaction.report().shadow.by).toBe('policy.banned');
    transaction.close();
  });
});

it('whom a ban refuses spends no tokens', () => {
  const { engine, gates } = made(`${POLICY} ${OFFICE}
limiter c { key client.ip  allow 1 per 1m  then block 429 }
rule dos.c "x" { severity warning then limit c }`);
  gates.bans.add('client.ip', '198.51.100.7', 60_000, 'operator');
  verdictOf(engine);
  expect(gates.trips).toEqual([]);
});

it('messages of a socket that was let in before still ban', () => {
  const { engine, gates } = made(`${POLICY} ${OFFICE}
rule t.ws "x" { severity critical when ws.text contains "evil" then block 403, ban client.ip for 1h }`);
  const transaction = begin(engine, {}, { gates: 'passed' });
  transaction.wsMessage('in', bytes('evil'));
  expect(gates.bans.find('client.ip', '198.51.100.7')).toBeDefined();
  transaction.close();
});

it('no example bans anybody', () => {
  const { engine, gates } = made(DOTFILE);
  begin(engine, { target: '/.env' }, { gates: 'off' }).close();
  expect(gates.bans.empty).toBe(true);
});
