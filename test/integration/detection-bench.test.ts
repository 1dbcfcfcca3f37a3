/**
 * The measure of detection: it counts what it is given, tells nothing of data that must stay unseen, and the shipped
 * rules do not fall behind what they have reached on the repository's own data.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from './ward-process.ts';

interface Tally {
  readonly total: number;
  readonly refused: number;
  readonly share: number | null;
  readonly low: number;
  readonly high: number;
}

interface Figures {
  readonly name: string;
  readonly attack: Tally;
  readonly benign: Tally;
  readonly byClass: Readonly<Record<'attack' | 'benign', Readonly<Record<string, Tally>>>>;
  readonly falseAlarms?: Readonly<Record<string, number>>;
  readonly shown?: readonly { readonly text: string; readonly by: readonly string[] }[];
}

/** Shares that were reached, on the seeds of today; raised as rules get better, never lowered for the same seeds. */
const ATTACKS_REFUSED_MIN = 0.94;
const BENIGN_REFUSED_MAX = 0.03;

const folder = mkdtempSync(join(tmpdir(), 'ward-detection-'));
afterAll(() => rmSync(folder, { recursive: true }));

function run(...options: readonly string[]): string {
  return execFileSync(process.execPath, [`${ROOT}bench/detection/run.mjs`, ...options], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
    stdio: 'pipe',
  });
}

function figuresOf(...options: readonly string[]): readonly Figures[] {
  const { collections } = JSON.parse(run(...options, '--format', 'json')) as { collections: Figures[] };
  return collections;
}

describe('a collection', () => {
  const RULES = `language 1

policy "p" { mode enforce
  default allow }

rule a.word "The word" {
  when any args contains "evil"
  then block 403
  examples {
    hit  GET "/?q=evil"
    pass GET "/?q=good"
  }
}
`;
  const requests = [
    { label: 'attack', class: 'x', place: 'query', method: 'GET', target: '/?q=evil-1' },
    { label: 'attack', class: 'x', place: 'query', method: 'GET', target: '/?q=evil-2' },
    { label: 'attack', class: 'y', place: 'query', method: 'GET', target: '/?q=sly' },
    { label: 'benign', class: 'z', place: 'query', method: 'GET', target: '/?q=not+evil' },
    { label: 'benign', class: 'z', place: 'query', method: 'GET', target: '/?q=good' },
  ];
  const write = (use: string, cases: readonly object[] = requests): string => {
    const path = join(folder, `${use}.ndjson`);
    const description = { collection: use, source: 'test', licence: 'Apache-2.0', use };
    writeFileSync(path, [description, ...cases].map((value) => JSON.stringify(value)).join('\n'));
    return path;
  };
  const rules = join(folder, 'rules.ward');
  beforeAll(() => writeFileSync(rules, RULES));

  it('is counted by label and class, with Wilson intervals', () => {
    const [figures] = figuresOf(write('tune'), '--rules', rules);
    expect(figures.attack).toMatchObject({ total: 3, refused: 2, share: 2 / 3 });
    expect(figures.benign).toMatchObject({ total: 2, refused: 1, share: 0.5 });
    expect(figures.byClass.attack).toMatchObject({ x: { refused: 2 }, y: { refused: 0 } });
    expect(figures.falseAlarms).toEqual({ 'a.word': 1 });
    // By hand for 2 of 3, z = 1.96 (Wilson 1927).
    expect(figures.attack.low).toBeCloseTo(0.2077, 3);
    expect(figures.attack.high).toBeCloseTo(0.9385, 3);
  });

  it('shows wrong answers where rules are tuned on it', () => {
    expect(run(write('tune'), '--rules', rules, '--show', '5')).toContain('q=sly');
  });

  it('shows nothing where it is only measured, whatever is asked', () => {
    const options = [write('measure'), '--rules', rules, '--show', '5', '--reveal-held-out'];
    expect(run(...options)).not.toMatch(/sly|a\.word/);
    expect(JSON.stringify(figuresOf(...options))).not.toMatch(/sly|a\.word/);
  });

  it('shows its held-out half only when that is said', () => {
    const cases = Array.from({ length: 40 }, (_, at) => ({
      ...requests[2],
      target: `/?q=sly-${at}`,
      family: `f${at}`,
    }));
    const options = [write('split', cases), '--rules', rules, '--show', '40'];
    const [tune, heldOut] = figuresOf(...options);
    expect(tune.attack.total + heldOut.attack.total).toBe(40);
    expect(tune.attack.total).toBeGreaterThan(5);
    expect(heldOut.attack.total).toBeGreaterThan(5);
    expect(tune.shown).toHaveLength(tune.attack.total);
    expect(heldOut.shown).toBeUndefined();
    expect(figuresOf(...options, '--reveal-held-out')[1].shown).toHaveLength(heldOut.attack.total);
  });

  it('is refused with file and line when a request has no label', () => {
    const path = write('tune', [{ method: 'GET', target: '/' }]);
    expect(() => run(path, '--rules', rules)).toThrow(/tune\.ndjson:2: not a labelled request/);
  });
});

describe('the shipped rules on the labelled corpus', () => {
  it('refuse attacks and pass harmless requests as often as they ever did, in either half', () => {
    const [tune, heldOut] = figuresOf();
    for (const { name, attack, benign } of [tune, heldOut]) {
      expect(attack.total, name).toBeGreaterThan(2_500);
      expect(benign.total, name).toBeGreaterThan(1_000);
      expect(attack.share, name).toBeGreaterThanOrEqual(ATTACKS_REFUSED_MIN);
      expect(benign.share, name).toBeLessThanOrEqual(BENIGN_REFUSED_MAX);
    }
  });
});
