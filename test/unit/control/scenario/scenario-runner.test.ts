/** Scenarios: what holds, what is said of one that does not, and time that passes only when told. */
import { describe, expect, it } from 'vitest';
import { compileScenario } from '../../../../src/control/rule-set.ts';
import { runScenarios } from '../../../../src/control/scenario/scenario-runner.ts';
import { VirtualTime } from '../../../../src/control/scenario/virtual-time.ts';
import { SCENARIO_TIMERS_MAX } from '../../../../src/core/limits.ts';
import { policyOf } from '../../../support/check-rules.ts';

const RULES = `
switch closed off
limiter two { key client.ip allow 2 per 1m store cluster, down -> open then block 429 }
limiter failed { key client.ip allow 1 per 1h count response.status == 401 store local then block 423 for 2h }
rule lim.two "Two" { severity error when request.path != "/login" then limit two }
rule lim.failed "One failure" { severity error when request.path == "/login" then limit failed }
rule ops.closed "Closed" { severity notice when switch.closed then block 503 }
rule go.away "Moved" { severity notice when request.path == "/old" then redirect 301 "https://example.com/new" }
rule hide.it "Hidden" { severity error when any response.body.text |> find(/\\d{16}/) |> digits |> luhn then mask }
rule ban.it "Banned" { severity critical when request.path == "/trap" then block 404, ban client.ip for 10m }
`;

async function play(steps: string): Promise<string | undefined> {
  const [result] = await runScenarios(policyOf(`${RULES}\nscenario "one" {\n${steps}\n}`), compileScenario);
  return result.diagnostic === undefined
    ? undefined
    : `${result.diagnostic.code} ${result.diagnostic.message}; ${result.diagnostic.help ?? ''}`;
}

describe('scenarios', () => {
  it.each([
    [
      'limits and time',
      'repeat 2 { send GET "/" expect pass } send GET "/" expect block 429 by lim.two advance 2m send GET "/" expect pass',
    ],
    [
      'clients apart',
      'repeat 3 { send GET "/" from "192.0.2.0/24" expect pass } send GET "/" from "192.0.2.0" expect pass send GET "/" from "192.0.2.0" expect block 429',
    ],
    [
      'an outage',
      'repeat 2 { send GET "/" expect pass } fail store repeat 5 { send GET "/" expect pass } heal store advance 5s send GET "/" expect block 429',
    ],
    [
      'an outage of weeks',
      'fail store send GET "/" expect pass advance 30d send GET "/" expect pass heal store advance 1d repeat 2 { send GET "/" expect pass } send GET "/" expect block',
    ],
    [
      'what counts',
      'repeat 3 { send GET "/login" answered 200 expect pass } send GET "/login" answered 401 expect pass send GET "/login" expect block 423 advance 61m send GET "/login" expect block 423 advance 1h send GET "/login" answered 200 expect pass',
    ],
    [
      'a service that is away',
      'fail upstream repeat 3 { send GET "/login" expect pass } heal upstream send GET "/login" answered 401 expect pass send GET "/login" expect block 423',
    ],
    [
      'switches',
      'switch closed on send GET "/" expect block 503 by ops.closed switch closed off send GET "/" expect pass',
    ],
    [
      'bans',
      'send GET "/trap" expect block 404 send GET "/login" expect block 403 by policy.banned advance 11m send GET "/login" expect pass',
    ],
    [
      'redirects and masks',
      'send GET "/old" expect redirect 301 by go.away send GET "/" answered 200 { body "4242424242424242" } expect mask send GET "/" from "192.0.2.1" answered 200 { body "4242424242424242" } expect pass',
    ],
  ])('hold: %s', async (_what, steps) => {
    expect(await play(steps)).toBeUndefined();
  });

  it.each([
    ['send GET "/" expect block', 'E606 the request passed; expected `block`'],
    [
      'repeat 3 { send GET "/" expect pass }',
      'E606 the answer was `block 429 by lim.two`, repetition 3 of 3; expected `pass`',
    ],
    [
      'send GET "/trap" expect block 403 by ban.it',
      'E606 the answer was `block 404 by ban.it`; expected `block 403 by ban.it`',
    ],
    [
      'send GET "/%00" expect pass',
      'E606 this request is refused with 400 before any rule: path.control_byte; expected `pass`',
    ],
    [
      'send GET "/" answered 200 { body "4242424242424242" } expect block',
      'E606 the request passed and its answer was masked; expected `block`',
    ],
  ])('tell of %s', async (steps, message) => {
    expect(await play(steps)).toBe(message);
  });
});

describe('VirtualTime', () => {
  it('runs what falls due at its time and stops what repeats for ever at SCENARIO_TIMERS_MAX', async () => {
    const time = new VirtualTime(1_000);
    const seen: number[] = [];
    time.after(500, () => seen.push(time.now()));
    time.after(100, () => seen.push(time.monotonic()));
    time.after(300, () => seen.push(0)).cancel();
    await time.advance(400);
    expect(seen).toEqual([1_100]);
    await time.advance(100);
    expect(seen).toEqual([1_100, 1_500]);
    let ticks = 0;
    const tick = (): void => {
      ticks++;
      time.after(1, tick);
    };
    tick();
    await time.advance(10 * SCENARIO_TIMERS_MAX);
    expect(ticks).toBe(SCENARIO_TIMERS_MAX + 1);
    expect(time.now()).toBe(1_500 + 10 * SCENARIO_TIMERS_MAX);
  });
});
