/**
 * One seed for every fast-check property, the same in each run so that CI is no lottery; `FC_SEED` looks elsewhere.
 * A failure prints the seed and the path that repeat it.
 */
import fc from 'fast-check';

const SEED_DEFAULT = 20_261_121;

fc.configureGlobal({ seed: Number(process.env['FC_SEED'] ?? SEED_DEFAULT) });
