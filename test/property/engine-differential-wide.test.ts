// Random policies over the whole language and random exchanges: the engine says what the oracle says, whatever the
// order of the rules and files and wherever the bodies are cut.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CheckedPolicy } from '../../src/dsl/checked.ts';
import { checkFiles } from '../support/check-rules.ts';
import { demandAgreement, engineFindings, engineOf, oracleFindings } from '../support/differential.ts';
import { policyParts } from './wide-arbitraries.ts';
import { request } from './wide-exchanges.ts';

const RUNS = Number(process.env['WARD_PROPERTY_RUNS'] ?? 400);
/** The same policies every time, so that CI is not a lottery; `WARD_PROPERTY_SEED` looks elsewhere. */
const SEED = Number(process.env['WARD_PROPERTY_SEED'] ?? 20261121);

/** A policy the checker refuses (unreachable, too late, …) is no subject here. */
function checked(files: readonly string[]): CheckedPolicy | null {
  return checkFiles(files.map((text, index) => ({ path: `${index}.ward`, text: `language 1\n${text}` })))
    .policy;
}

const policies = policyParts.filter((parts) => checked([parts.join('\n')]) !== null);
const requests = fc.array(request, { minLength: 1, maxLength: 4 });
const cuts = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 4 });

function policyOf(files: readonly string[]): CheckedPolicy {
  const policy = checked(files);
  if (policy === null) throw new Error('the same parts do not check in another order');
  return policy;
}

test('the engine agrees with the oracle', async () => {
  await fc.assert(
    fc.asyncProperty(policies, requests, cuts, async (parts, all, sizes) => {
      const source = parts.join('\n');
      const policy = policyOf([source]);
      const engine = engineOf(policy);
      for (const one of all) {
        const expected = oracleFindings(policy, one);
        demandAgreement(
          ['oracle', expected],
          ['engine', await engineFindings(engine, one, sizes)],
          source,
          one,
        );
      }
    }),
    { numRuns: RUNS, seed: SEED },
  );
});

test('the order of rules and files changes nothing', async () => {
  const shuffled = policies.chain((parts) =>
    fc.tuple(fc.constant(parts), fc.shuffledSubarray([...parts], { minLength: parts.length })),
  );
  await fc.assert(
    fc.asyncProperty(shuffled, fc.boolean(), requests, async ([parts, other], apart, all) => {
      const source = parts.join('\n');
      const engine = engineOf(policyOf([source]));
      const reordered = engineOf(policyOf(apart ? other : [other.join('\n')]));
      for (const one of all) {
        const left = await engineFindings(engine, one, [1_000]);
        demandAgreement(
          ['in order', left],
          ['shuffled', await engineFindings(reordered, one, [1_000])],
          source,
          one,
        );
      }
    }),
    { numRuns: RUNS / 4, seed: SEED },
  );
});

test('every cut of a body gives the same report', async () => {
  let cutAt = 0;
  await fc.assert(
    fc.asyncProperty(policies, request, async (parts, one) => {
      const source = parts.join('\n');
      const engine = engineOf(policyOf([source]));
      const whole = await engineFindings(engine, one, [100_000]);
      const longest = Math.max(one.body?.length ?? 0, one.answered?.body.length ?? 0);
      for (let at = 1; at < Math.min(longest, 250); at++, cutAt++) {
        demandAgreement(
          ['whole', whole],
          [`cut at ${at}`, await engineFindings(engine, one, [at, 100_000])],
          source,
          one,
        );
      }
    }),
    { numRuns: RUNS / 4, seed: SEED },
  );
  expect(cutAt).toBeGreaterThan(RUNS);
});
