import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ReaderOptions } from '../../src/http/body/reader.ts';
import { XmlReader } from '../../src/http/body/xml.ts';
import { replayEveryCut, utf8BytesAsLatin1, wholeValues } from './body-replay.ts';

const make = (options: ReaderOptions): XmlReader => new XmlReader(options);

interface Node {
  tag: string;
  attributes: Record<string, string>;
  children: (Node | string)[];
}

const plain = fc.string({ unit: 'grapheme', maxLength: 24 }).map((text) => text.replace(/[\x00-\x1f]/g, ''));
const { node } = fc.letrec<{ node: Node }>((tie) => ({
  node: fc.record({
    tag: fc.constantFrom('a', 'b:c', 'd-1'),
    attributes: fc.dictionary(fc.constantFrom('x', 'y'), plain, { maxKeys: 2 }),
    children: fc.array(fc.oneof({ maxDepth: 3 }, plain, tie('node')), { maxLength: 3 }),
  }),
}));

const escapeText = (text: string): string =>
  text.replace(/[&<>"']/g, (c) => `&#${c === '<' ? 'x3C' : String(c.charCodeAt(0))};`);

function write({ tag, attributes, children }: Node): string {
  const head = Object.entries(attributes).map(([key, value]) => ` ${key} = "${escapeText(value)}"`);
  const inside = children.map((child, k) =>
    typeof child !== 'string'
      ? write(child)
      : k % 2 === 1 && !child.includes(']]>')
        ? `<![CDATA[${child}]]>`
        : `${escapeText(child)}<!-- - -->`,
  );
  return inside.length === 0
    ? `<${tag}${head.join('')}/>`
    : `<${tag}${head.join('')}>${inside.join('')}</${tag} >`;
}

/** What the reader must report: attributes, then runs of text between tags, in document order. */
function valuesOf(node: Node, name: string, path: string, out: unknown[][]): unknown[][] {
  const before = out.length;
  for (const [key, value] of Object.entries(node.attributes))
    out.push([`${name}@${key}`, `${path}/@${key}`, value]);
  let run = '';
  const flush = (): void => {
    if (/[^\t\n\r ]/.test(run)) out.push([name, path, run]);
    run = '';
  };
  for (const child of node.children) {
    if (typeof child === 'string') run += child;
    else {
      flush();
      valuesOf(child, `${name}.${child.tag.replace(/^.*:/, '')}`, `${path}/${child.tag}`, out);
    }
  }
  flush();
  if (out.length === before) out.push([name, path, '']);
  return out;
}

describe('xml reader', () => {
  test('reports text and attributes of what was written, at every cut', () => {
    fc.assert(
      fc.property(node, (root) => {
        const text = `<?xml version="1.0" encoding="UTF-8"?>\n${write(root)}\n`;
        fc.pre(text.length < 600);
        const run = replayEveryCut(make, Buffer.from(text, 'utf8'));
        expect(run.fault).toBeNull();
        const expected = valuesOf(root, root.tag.replace(/^.*:/, ''), `/${root.tag}`, []);
        expect(wholeValues(run, 16).map((value) => value.slice(0, 3))).toEqual(
          expected.map((value) => value.map((text) => utf8BytesAsLatin1(text as string))),
        );
      }),
      { numRuns: 80 },
    );
  });

  const fragment = fc.constantFrom(
    ...[
      '<a>',
      '</a>',
      '<b x="1">',
      '</b>',
      '<c/>',
      '<',
      '>',
      '/',
      '<!--',
      '-->',
      '--',
      '-',
      '<![CDATA[',
      ']]>',
      ']',
      '<!D',
    ],
    ...[
      '&lt;',
      '&',
      ';',
      '&#x41;',
      '&#0;',
      '"',
      "'",
      'x=',
      ' y="',
      'text',
      ' ',
      '\n',
      ' '.repeat(40),
      'z'.repeat(30),
    ],
    ...[
      '<?xml version="1.0"?>',
      '<?x',
      '\xef\xbb\xbf',
      '\xc3',
      '\xa9',
      '\x01',
      '<' + 'n'.repeat(70),
      '<?xml version="1.0" encoding="utf-16"?>',
    ],
  );
  test('reads any bytes the same at every cut', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.array(fragment, { maxLength: 10 }), (opened, parts) => {
        replayEveryCut(make, Buffer.from((opened ? '<a>' : '') + parts.join(''), 'latin1'));
      }),
      { numRuns: 400 },
    );
  });
});
