import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JSON_KEPT_NAME_BYTES_MAX } from '../../src/core/limits.ts';
import { READER_LIMITS_DEFAULT } from '../../src/http/body/create-reader.ts';
import { JsonReader } from '../../src/http/body/json.ts';

/** A document whose objects are lists of members, so that a key may come twice, each key with the spelling it is sent in. */
type Node = string | readonly Node[] | { readonly members: readonly Member[] };
interface Member {
  readonly key: string;
  readonly isEscaped: boolean;
  readonly value: Node;
}

/** Few, so that objects share them; some that hash, escape or join in ways of their own. */
const KEYS = [
  'a',
  'b',
  'sku',
  'sk',
  'a.b',
  '',
  '1',
  '"1',
  '12',
  '/',
  '~',
  'a long key of its own',
  'b"',
  'é',
];

function documents(keys: readonly string[], membersMax: number): fc.Arbitrary<Node> {
  return fc.letrec<{ node: Node }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 5, depthSize: 'large' },
      fc.constantFrom('x', 'two words'),
      fc.array(tie('node'), { maxLength: 5 }),
      fc.record({
        members: fc.array(
          fc.record({ key: fc.constantFrom(...keys), isEscaped: fc.boolean(), value: tie('node') }),
          { maxLength: membersMax },
        ),
      }),
    ),
  })).node;
}

function spell(node: Node): string {
  if (typeof node === 'string') return JSON.stringify(node);
  if (Array.isArray(node)) return `[${(node as readonly Node[]).map(spell).join(', ')}]`;
  const { members } = node as { readonly members: readonly Member[] };
  return `{${members.map((member) => `${spellKey(member)}: ${spell(member.value)}`).join(',')}}`;
}

function spellKey({ key, isEscaped }: Member): string {
  if (!isEscaped) return JSON.stringify(key);
  const units = Array.from({ length: key.length }, (_, i) => key.charCodeAt(i));
  return `"${units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')}"`;
}

/** Name and pointer of each leaf, up to the first key that comes twice in an object unless `isLenient`. */
function leavesOf(root: Node, isLenient: boolean): { leaves: string[][]; hasDuplicate: boolean } {
  const leaves: string[][] = [];
  const bytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
  const visit = (node: Node, name: string, path: string): boolean => {
    if (typeof node === 'string') {
      leaves.push([bytes(name), bytes(path), node]);
      return true;
    }
    const isArray = Array.isArray(node);
    const items: readonly (readonly [string | undefined, Node])[] = isArray
      ? (node as readonly Node[]).map((item) => [undefined, item])
      : (node as { readonly members: readonly Member[] }).members.map(({ key, value }) => [key, value]);
    if (items.length === 0 && name !== '') leaves.push([bytes(name), bytes(path), '']);
    const seen = new Set<string>();
    return items.every(([key, item], index) => {
      if (key === undefined) return visit(item, name, `${path}/${index}`);
      if (seen.has(key) && !isLenient) return false;
      seen.add(key);
      const pointer = `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      return visit(item, name === '' ? key : `${name}.${key}`, pointer);
    });
  };
  return { hasDuplicate: !visit(root, '', ''), leaves };
}

function read(
  text: string,
  lenient: boolean,
  cut: number,
): { leaves: string[][]; fault: string | undefined } {
  const leaves: string[][] = [];
  const reader = new JsonReader(
    {
      limits: READER_LIMITS_DEFAULT,
      direction: 'request',
      sink: {
        value: (_origin, name, path, value) => leaves.push([name, path, value]),
        file: () => undefined,
      },
    },
    { lenient },
  );
  const body = Buffer.from(text, 'utf8');
  for (let at = 0; at < body.length; at += cut) reader.write(body.subarray(at, at + cut));
  reader.end();
  return { leaves, fault: reader.fault?.reason };
}

function expectNaiveLeaves(node: Node, isLenient: boolean, cut: number): void {
  const naive = leavesOf(node, isLenient);
  const { leaves, fault } = read(spell(node), isLenient, cut);
  expect(fault).toBe(naive.hasDuplicate ? 'json.duplicate_key' : undefined);
  expect(leaves).toEqual(naive.leaves);
}

describe('names of a JSON document', () => {
  test('are those of a naive walk, whatever keys came before, and keys that come twice are found', () => {
    fc.assert(
      fc.property(documents(KEYS, 4), fc.boolean(), fc.constantFrom(1, 7, 65_536), (node, isLenient, cut) =>
        expectNaiveLeaves(node, isLenient, cut),
      ),
      { numRuns: 1_000 },
    );
  });

  test('are so beyond what is remembered of them', () => {
    const long = Array.from({ length: 120 }, (_, i) => `${'k'.repeat(150)}${i}`);
    const wide = fc.array(documents(long, 60), { minLength: 12, maxLength: 12 });
    let forgotten = 0;
    fc.assert(
      fc.property(wide, (node) => {
        if (spell(node).length > 2 * JSON_KEPT_NAME_BYTES_MAX) forgotten++;
        expectNaiveLeaves(node, true, 65_536);
        expectNaiveLeaves(node, false, 65_536);
      }),
      { numRuns: 8 },
    );
    expect(forgotten).toBeGreaterThan(0);
  });

  test('leave no way to hide a key that comes twice among more names than are remembered', () => {
    const many = Array.from({ length: 600 }, (_, i) => `"${'k'.repeat(200)}${i}":0`).join(',');
    const once = `{"a":0,${many}}`;
    expect(once.length).toBeGreaterThan(JSON_KEPT_NAME_BYTES_MAX);
    expect(read(`[${once},{"a":0,"b":0}]`, false, 65_536).fault).toBeUndefined();
    expect(read(`[${once},{"a":0,"b":0,"a":0}]`, false, 65_536).fault).toBe('json.duplicate_key');
    expect(read(`{"x":${once},"y":{"a":0},"x":0}`, false, 65_536).fault).toBe('json.duplicate_key');
  });
});
