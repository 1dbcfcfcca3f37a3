// One transaction of a policy text, for tests that drive it piece by piece.
import { compileProgram } from '../../src/compiler/compile.ts';
import type { CompileOptions } from '../../src/compiler/options.ts';
import { admit } from '../../src/control/inspection.ts';
import type { WrittenRequest } from '../../src/control/inspection.ts';
import type { RequestFacts } from '../../src/engine/api.ts';
import { createEngine } from '../../src/engine/engine.ts';
import type { EngineOptions, RuleEngine } from '../../src/engine/engine.ts';
import type { ExchangeTransaction } from '../../src/engine/transaction.ts';
import { policyOf } from './check-rules.ts';

export function engineFor(
  rules: string,
  options: CompileOptions = {},
  engineOptions: EngineOptions = {},
): RuleEngine {
  return createEngine(compileProgram(policyOf(rules), options).program, engineOptions);
}

/** Begins an exchange; what is not given is a plain GET. The body decides the content length only. */
export function begin(
  engine: RuleEngine,
  request: Partial<WrittenRequest> = {},
  facts?: RequestFacts,
): ExchangeTransaction {
  const admission = admit({
    method: request.body === undefined ? 'GET' : 'POST',
    target: '/',
    from: '198.51.100.7',
    scheme: 'http',
    headers: [],
    body: undefined,
    answered: undefined,
    ...request,
  });
  if ('reason' in admission) throw new Error(admission.reason);
  return engine.begin(admission.head, { claims: request.claims, ...facts });
}

export function bytes(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}
