/** Mutated documents of every kind through every reader: nothing throws, cuts do not matter, a seed repeats a run. */
import { describe, expect, test } from 'vitest';
import { createBodyReader } from '../../src/http/body/create-reader.ts';
import { FAULT_REASONS } from '../../src/http/body/reader.ts';
import type { BodyKind } from '../../src/http/body/reader.ts';
import { RawTextTap } from '../../src/http/body/text.ts';
import { replay, SMALL_LIMITS } from '../property/body-replay.ts';

const SEED = Number(process.env['FUZZ_SEED'] ?? 20_260_101);
const RUNS = 1_500;

const SEEDS: readonly string[] = [
  '{"a":{"b":[1,-2.5e3,"x\\u00e9\\ud83d\\ude00",true,null]},"c~/":"\xc3\xa9","d":{}}',
  'name=value&x=%41%42+c&long=' + 'v'.repeat(60) + '&=&%c3%a9=1',
  '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\none\r\n--b\r\nContent-Disposition: form-data; name="f"; ' +
    'filename="x.png"\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n--b--\r\n',
  '<?xml version="1.0"?><a x="1&amp;"><!-- c --><b:c>t&#65;<![CDATA[]]]]></b:c> <d/></a>\n',
];
const TOKENS = [
  '"',
  '\\',
  '{',
  '[',
  '\r\n',
  '\n',
  '--b',
  '<',
  '&',
  '%',
  '>',
  ']]>',
  '\xff',
  '\0',
  '=',
  "'",
  ';',
  ':',
];
const KINDS: readonly BodyKind[] = ['json', 'urlencoded', 'multipart', 'xml', 'text', 'opaque'];

/** Mulberry32: small, and the same everywhere. */
function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

function mutate(text: string, random: (below: number) => number): string {
  let mutated = text;
  for (let edits = 1 + random(4); edits > 0; edits--) {
    const at = random(mutated.length + 1);
    const to = Math.min(mutated.length, at + random(12));
    const pieces = [
      mutated.slice(at, to),
      TOKENS[random(TOKENS.length)],
      String.fromCharCode(random(256)),
      '',
    ];
    const piece = pieces[random(pieces.length)];
    mutated = mutated.slice(0, at) + piece + mutated.slice(random(2) === 0 ? at : to);
  }
  return mutated;
}

describe(`body readers, seed ${SEED}`, () => {
  test.each(KINDS)('%s survives mutations', (kind) => {
    const random = randomOf(SEED);
    const faults = new Map<string, number>();
    for (let run = 0; run < RUNS; run++) {
      const body = Buffer.from(mutate(SEEDS[random(SEEDS.length)], random), 'latin1');
      const make = (options: Parameters<typeof createBodyReader>[1]) => createBodyReader(kind, options);
      const setup = { limits: SMALL_LIMITS, boundary: 'b' };
      const whole = replay(make, [body], setup);
      const chunks: Uint8Array[] = [];
      for (let at = 0; at < body.length; ) {
        const next = at + 1 + random(7);
        chunks.push(body.subarray(at, next));
        at = next;
      }
      expect(replay(make, chunks, setup), `run ${run}`).toEqual(whole);
      if (whole.fault === null) expect(whole.cleared).toBe(body.length);
      else expect(Object.keys(FAULT_REASONS)).toContain(whole.fault.reason);
      const outcome = whole.fault?.reason ?? 'read';
      faults.set(outcome, (faults.get(outcome) ?? 0) + 1);
      expect(replay((options) => new RawTextTap(options), chunks).fault).toBeNull();
    }
    expect(faults.get('read'), JSON.stringify([...faults])).toBeGreaterThan(0);
  });
});
