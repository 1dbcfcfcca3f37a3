import { describe, expect, it } from 'vitest';
import type { Engine, RequestFacts } from '../../../../src/engine/api.ts';
import { RequestGuard } from '../../../../src/http/guard/request-guard.ts';
import { Entrance } from '../../../../src/proxy/entry/entrance.ts';
import type {
  EntryRequest,
  EntryStep,
  LastRequest,
  LastStep,
  StepAnswer,
} from '../../../../src/proxy/entry/entry-step.ts';
import type { InboundRequest } from '../../../../src/proxy/listener.ts';
import { fixedEngine } from '../../../support/fixed-engine.ts';
import { guardOptions } from '../../../support/ward.ts';

const DENIAL = {
  kind: 'denial',
  reason: 'jwt.missing',
  status: 401,
  fields: ['www-authenticate', 'Bearer'],
} as const;

function request(): EntryRequest {
  const inbound = {
    method: 'GET',
    target: '/',
    version: '1.1',
    scheme: 'http',
    fields: ['host', 's.example'],
    peer: '198.51.100.7',
    peerPort: undefined,
    proxied: '',
  } as unknown as InboundRequest;
  const admission = new RequestGuard(guardOptions()).check(inbound);
  if (admission.refusal !== null) throw new Error(admission.refusal);
  return { head: admission.head, inbound, peerTrusted: false, isSocket: false };
}

/** A step with a fixed answer, and whether it was asked. */
function step(answer: StepAnswer | Promise<StepAnswer>): EntryStep & { asked: number } {
  return {
    asked: 0,
    ask() {
      this.asked += 1;
      return answer;
    },
  };
}

/** An engine that remembers with which facts it was begun. */
function witness(): { engine: Engine; begun: (RequestFacts | undefined)[] } {
  const begun: (RequestFacts | undefined)[] = [];
  const inner = fixedEngine();
  return {
    begun,
    engine: {
      version: 'witness',
      begin: (head, facts) => {
        begun.push(facts);
        return inner.begin(head, facts);
      },
    },
  };
}

describe('Entrance', () => {
  it('begins the engine at once when all steps answer at once, with all that they found', () => {
    const { engine, begun } = witness();
    const steps = [
      step(undefined),
      step({ kind: 'finding', facts: { claims: { sub: 'u' } }, upstreamFields: ['x-user', 'u'] }),
      step({ kind: 'finding', facts: { gates: 'off' }, upstreamFields: ['x-cert', 'c'] }),
    ];
    const passage = new Entrance(steps, { current: engine }).enter(request());
    expect(begun).toEqual([{ claims: { sub: 'u' }, gates: 'off' }]);
    expect(passage.upstreamFields).toEqual(['x-user', 'u', 'x-cert', 'c']);
    expect(passage.transaction.verdict.action).toBe('pass');
    expect(passage.report()).toBeDefined();
  });

  it('asks nobody after a refusal, neither steps nor the engine', () => {
    const { engine, begun } = witness();
    const later = step(undefined);
    const passage = new Entrance([step(DENIAL), later], { current: engine }).enter(request());
    expect([later.asked, begun.length]).toEqual([0, 0]);
    expect(passage.transaction).toMatchObject({
      opening: undefined,
      verdict: { action: 'block', status: 401, by: 'jwt.missing' },
    });
    expect([passage.outcome, passage.report(), passage.denial]).toEqual(['refused', undefined, DENIAL]);
  });

  it('turns a refusal with a location into a redirect', () => {
    const steps = [step({ ...DENIAL, status: 308, location: 'https://s.example/' })];
    const { transaction } = new Entrance(steps, { current: fixedEngine() }).enter(request());
    expect(transaction.verdict).toMatchObject({ action: 'redirect', location: 'https://s.example/' });
  });

  it('lets nothing pass while a step is waited for, then asks the rest', async () => {
    const { engine, begun } = witness();
    let answer: (found: StepAnswer) => void = () => undefined;
    const waiting = new Promise<StepAnswer>((resolve) => (answer = resolve));
    const last = step({ kind: 'finding', upstreamFields: ['x-cert', 'c'] });
    const passage = new Entrance([step(waiting), last], { current: engine }).enter(request());
    const { opening } = passage.transaction;
    expect(opening).toBeInstanceOf(Promise);
    expect([last.asked, begun.length, passage.transaction.requestReleasable]).toEqual([0, 0, 0]);
    expect(() => passage.transaction.requestEnd()).toThrow('not asked');
    answer({ kind: 'finding', facts: { claims: { sub: 'u' } } });
    await opening;
    expect([begun, passage.upstreamFields]).toEqual([[{ claims: { sub: 'u' } }], ['x-cert', 'c']]);
    expect(passage.transaction.opening).toBeUndefined();
  });

  it('refuses after a wait', async () => {
    const { engine, begun } = witness();
    const passage = new Entrance([step(Promise.resolve(DENIAL))], { current: engine }).enter(request());
    await passage.transaction.opening;
    expect([passage.transaction.verdict.status, begun.length]).toEqual([401, 0]);
  });

  it('begins nothing for a client who left while a step was waited for', async () => {
    const { engine, begun } = witness();
    const passage = new Entrance([step(Promise.resolve(undefined))], { current: engine }).enter(request());
    const { opening } = passage.transaction;
    passage.close();
    await opening;
    expect(begun).toEqual([]);
  });

  it('hands on what a step throws, at once or later: nothing passes', async () => {
    const broken: EntryStep = {
      ask: () => {
        throw new Error('broken step');
      },
    };
    const slot = { current: fixedEngine() };
    expect(() => new Entrance([broken], slot).enter(request())).toThrow('broken step');
    const passage = new Entrance([step(Promise.reject(new Error('late')))], slot).enter(request());
    await expect(passage.transaction.opening).rejects.toThrow('late');
    expect(() => passage.transaction.requestEnd()).toThrow('not asked');
  });
});

describe('the last step', () => {
  /** One that answers when told to, and what it was asked. */
  function waitingStep(): LastStep & { asked: LastRequest[]; answer(found: StepAnswer): void } {
    let resolve: (found: StepAnswer) => void = () => undefined;
    return {
      asked: [],
      ask(request) {
        this.asked.push(request);
        return new Promise((settle) => (resolve = settle));
      },
      answer: (found) => resolve(found),
    };
  }
  const REFUSED = { kind: 'denial', reason: 'authorizer.refused', status: 403 } as const;

  it('hides the engine until it has answered, then adds what it found', async () => {
    const last = waitingStep();
    const steps = [step({ kind: 'finding', upstreamFields: ['x-cert', 'c'], note: { exempt: ['jwt'] } })];
    const passage = new Entrance(steps, { current: fixedEngine() }, last).enter(request());
    const { opening } = passage.transaction;
    expect(opening).toBeInstanceOf(Promise);
    expect(passage.transaction.requestReleasable).toBe(0);
    expect(() => passage.transaction.requestEnd()).toThrow('not asked');
    expect(last.asked[0].upstreamFields).toEqual(['x-cert', 'c']);
    last.answer({ kind: 'finding', upstreamFields: ['x-user', 'u'], note: { exempt: ['authorizer'] } });
    await opening;
    expect(passage.transaction.verdict.action).toBe('pass');
    expect(passage.transaction.opening).toBeUndefined();
    expect(passage.upstreamFields).toEqual(['x-cert', 'c', 'x-user', 'u']);
    expect(passage.note).toEqual({ exempt: ['jwt', 'authorizer'] });
  });

  it('may refuse what the engine let on, which is reported all the same', async () => {
    const last = waitingStep();
    const passage = new Entrance([], { current: fixedEngine() }, last).enter(request());
    const { opening } = passage.transaction;
    last.answer(REFUSED);
    await opening;
    expect([passage.transaction.verdict.status, passage.outcome, passage.refusal]).toEqual([
      403,
      'refused',
      REFUSED,
    ]);
    expect(() => passage.transaction.requestEnd()).toThrow('not asked');
    expect(passage.report()).toBeDefined();
  });

  it('may answer at once, also after a step that was waited for', async () => {
    const last: LastStep = { ask: () => REFUSED };
    const slot = { current: fixedEngine() };
    const passage = new Entrance([], slot, last).enter(request());
    expect([passage.transaction.opening, passage.transaction.verdict.status]).toEqual([undefined, 403]);
    const later = new Entrance([step(Promise.resolve(undefined))], slot, last).enter(request());
    await later.transaction.opening;
    expect(later.denial).toBe(REFUSED);
  });

  it('is waited for after a step that was waited for, with the engine hidden in between', async () => {
    const last = waitingStep();
    const steps = [step(Promise.resolve(undefined))];
    const passage = new Entrance(steps, { current: fixedEngine() }, last).enter(request());
    const { opening } = passage.transaction;
    while (last.asked.length === 0) await Promise.resolve();
    await Promise.resolve();
    expect(() => passage.transaction.requestEnd()).toThrow('not asked');
    last.answer(undefined);
    await opening;
    expect([passage.transaction.verdict.action, passage.transaction.opening]).toEqual(['pass', undefined]);
  });

  it('is not asked after a refusal of a step or of the rules', () => {
    const last = waitingStep();
    const slot = { current: fixedEngine() };
    new Entrance([step(DENIAL)], slot, last).enter(request());
    const blocked = fixedEngine({ blockHead: () => 403 });
    const passage = new Entrance([], { current: blocked }, last).enter(request());
    expect([last.asked.length, passage.transaction.verdict.action]).toEqual([0, 'block']);
  });

  it('is told once that nobody waits any more, and only while somebody might', async () => {
    const last = waitingStep();
    const passage = new Entrance([], { current: fixedEngine() }, last).enter(request());
    let givenUp = 0;
    last.asked[0].onClosed(() => (givenUp += 1));
    passage.close();
    expect(givenUp).toBe(1);
    const answered = new Entrance([], { current: fixedEngine() }, last).enter(request());
    last.asked[1].onClosed(() => (givenUp += 1));
    const { opening } = answered.transaction;
    last.answer(undefined);
    await opening;
    answered.close();
    expect(givenUp).toBe(1);
  });
});
