// Every bound of a limiter, flood, ban and scenario: reached it is fine, passed it is an error.
import { expect, test } from 'vitest';
import {
  BAN_KIND_CHARS_MAX,
  BAN_MS_MAX,
  BAN_MS_MIN,
  BURST_REFILL_MS_MAX,
  EMISSION_INTERVAL_US_MIN,
  FLOOD_BASELINE_MS_MAX,
  FLOOD_BASELINE_MS_MIN,
  FLOOD_RELEASE_MS_MAX,
  FLOOD_STAGES_MAX,
  FLOOD_STAGE_AFTER_MS_MAX,
  FLOOD_TIMES_MAX,
  LIMIT_BLOCK_MS_MAX,
  LIMIT_KEY_PARTS_MAX,
  LIMIT_RATES_MAX,
  RATE_COUNT_MAX,
  RATE_PERIOD_MS_MAX,
  SCENARIO_ADVANCE_MS_MAX,
  SCENARIO_DEPTH_MAX,
  SCENARIO_REQUESTS_MAX,
} from '../../../../src/core/limits.ts';
import { checkText } from '../../../support/check-rules.ts';

const RULE = '\nrule a.b "x" { then limit l }';

interface LimiterText {
  readonly key?: string;
  readonly allow?: string;
  readonly then?: string;
}

const limiter = ({ key = 'client.ip', allow = '5 per 1s', then = 'block 429' }: LimiterText): string =>
  `limiter l { key ${key} allow ${allow} using gcra then ${then} }${RULE}`;

interface FloodText {
  readonly baseline?: string;
  readonly trip?: number;
  readonly release?: string;
  readonly then?: string;
}

const flood = ({ baseline = '10m', trip = 8, release = '1m', then = 'block 429' }: FloodText): string =>
  `flood l { key client.ip baseline ewma ${baseline} trip above ${trip} times baseline floor 5 per 1s
    release below 1 times baseline for ${release} then ${then} }${RULE}`;

const ban = (ms: number): string =>
  `rule a.b "x" { when any args contains "x" then ban client.ip for ${ms}ms }`;
/** The kind is the key as written; seven characters more mark it as one of a rule on trial. */
const banOf = (chars: number): string =>
  `rule a.b "x" { when any args contains "x" then ban request.headers["${'h'.repeat(chars - 19)}"] for 1h }`;
const scenario = (steps: string): string => `scenario "s" { ${steps} send GET "/" expect pass }`;

const parts = (count: number): string =>
  Array.from({ length: count }, (_, index) => `request.headers["h${index}"]`).join(', ');
const allows = (count: number): string =>
  `${'5 per 1s when request.method == PUT allow '.repeat(count - 1)}5 per 1s`;
const stages = (count: number): string =>
  ['block 429', ...Array.from({ length: count - 1 }, (_, index) => `block 429 after ${index + 1}s`)].join(
    ', ',
  );
const nested = (depth: number): string =>
  `${'repeat 1 { '.repeat(depth)}send GET "/" expect pass${' }'.repeat(depth)}`;

const fastestPerSecond = 1_000_000 / EMISSION_INTERVAL_US_MIN;

test.each<[what: string, reached: string, passed: string, code: string]>([
  [
    'count of a rate',
    limiter({ allow: `${RATE_COUNT_MAX} per 1d` }),
    limiter({ allow: `${RATE_COUNT_MAX + 1} per 1d` }),
    'E209',
  ],
  [
    'period of a rate',
    limiter({ allow: `5 per ${RATE_PERIOD_MS_MAX}ms` }),
    limiter({ allow: `5 per ${RATE_PERIOD_MS_MAX + 1}ms` }),
    'E209',
  ],
  [
    'emission interval',
    limiter({ allow: `${fastestPerSecond} per 1s` }),
    limiter({ allow: `${fastestPerSecond + 1} per 1s` }),
    'E209',
  ],
  [
    'burst',
    limiter({ allow: `${RATE_COUNT_MAX} per 1h burst ${RATE_COUNT_MAX}` }),
    limiter({ allow: `${RATE_COUNT_MAX} per 1h burst ${RATE_COUNT_MAX + 1}` }),
    'E209',
  ],
  ['burst below one', limiter({ allow: '5 per 1s burst 1' }), limiter({ allow: '5 per 1s burst 0' }), 'E209'],
  [
    'refill of a burst',
    limiter({ allow: `1 per 1s burst ${BURST_REFILL_MS_MAX / 1_000}` }),
    limiter({ allow: `1 per 1s burst ${BURST_REFILL_MS_MAX / 1_000 + 1}` }),
    'E209',
  ],
  [
    'block',
    limiter({ then: `block 429 for ${LIMIT_BLOCK_MS_MAX}ms` }),
    limiter({ then: `block 429 for ${LIMIT_BLOCK_MS_MAX + 1}ms` }),
    'E209',
  ],
  [
    'parts',
    limiter({ key: parts(LIMIT_KEY_PARTS_MAX) }),
    limiter({ key: parts(LIMIT_KEY_PARTS_MAX + 1) }),
    'E314',
  ],
  [
    'rates',
    limiter({ allow: allows(LIMIT_RATES_MAX) }),
    limiter({ allow: allows(LIMIT_RATES_MAX + 1) }),
    'E314',
  ],
  [
    'short baseline',
    flood({ baseline: `${FLOOD_BASELINE_MS_MIN}ms` }),
    flood({ baseline: `${FLOOD_BASELINE_MS_MIN - 1}ms` }),
    'E209',
  ],
  [
    'long baseline',
    flood({ baseline: `${FLOOD_BASELINE_MS_MAX}ms` }),
    flood({ baseline: `${FLOOD_BASELINE_MS_MAX + 1}ms` }),
    'E209',
  ],
  ['times', flood({ trip: FLOOD_TIMES_MAX }), flood({ trip: FLOOD_TIMES_MAX + 1 }), 'E209'],
  [
    'release',
    flood({ release: `${FLOOD_RELEASE_MS_MAX}ms` }),
    flood({ release: `${FLOOD_RELEASE_MS_MAX + 1}ms` }),
    'E209',
  ],
  [
    'stages',
    flood({ then: stages(FLOOD_STAGES_MAX) }),
    flood({ then: stages(FLOOD_STAGES_MAX + 1) }),
    'E314',
  ],
  [
    'begin of a stage',
    flood({ then: `block 429, ban for 1h after ${FLOOD_STAGE_AFTER_MS_MAX}ms` }),
    flood({ then: `block 429, ban for 1h after ${FLOOD_STAGE_AFTER_MS_MAX + 1}ms` }),
    'E209',
  ],
  ['short ban', ban(BAN_MS_MIN), ban(BAN_MS_MIN - 1), 'E209'],
  ['long ban', ban(BAN_MS_MAX), ban(BAN_MS_MAX + 1), 'E209'],
  ['kind of ban', banOf(BAN_KIND_CHARS_MAX - 7), banOf(BAN_KIND_CHARS_MAX - 6), 'E314'],
  [
    'advance',
    scenario(`advance ${SCENARIO_ADVANCE_MS_MAX}ms`),
    scenario(`advance ${SCENARIO_ADVANCE_MS_MAX + 1}ms`),
    'E209',
  ],
  [
    'requests of a scenario',
    scenario(`repeat ${SCENARIO_REQUESTS_MAX - 1} { send GET "/" expect pass }`),
    scenario(`repeat ${SCENARIO_REQUESTS_MAX} { send GET "/" expect pass }`),
    'E314',
  ],
  ['nesting', scenario(nested(SCENARIO_DEPTH_MAX)), scenario(nested(SCENARIO_DEPTH_MAX + 1)), 'E314'],
])('%s: the limit is fine, one more is an error', (_, reached, passed, code) => {
  expect(checkText(reached).diagnostics).toEqual([]);
  expect(checkText(passed).diagnostics.map((found) => found.code)).toEqual([code]);
});
