// Random exchanges for the less common parts of the language: JSON, XML, forms and files, whole and damaged.
import fc from 'fast-check';
import type { WrittenRequest } from '../../src/control/inspection.ts';
import { exchange as commonExchange } from './engine-arbitraries.ts';

const word = fc.constantFrom(
  'a',
  'ab',
  'abc',
  'x',
  '7',
  '',
  'Ab ',
  '{"k":"ab"}',
  '[1,"a"]',
  'YWI=',
  '%61b',
  'a'.repeat(20),
  `b${'-'.repeat(70)}a`,
  'é',
);
const json: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(word, fc.constantFrom<unknown>(0, 3, 7, 2.5, true, false, null)),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('k', 'p', 'q', 'list', 'items', 'a/b', 'z', '0', ''), tie('value'), {
      maxKeys: 4,
    }),
  ),
})).value;
const utf8 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
const name = fc.constantFrom('q', 'k', 'p', 'x-a', 'a.b');
const part = fc
  .tuple(
    name,
    word,
    fc.option(fc.constantFrom('a.txt', 'ab.png', '')),
    fc.constantFrom('', 'content-type: text/plain\r\n'),
  )
  .map(
    ([key, value, file, type]) =>
      `--B\r\ncontent-disposition: form-data; name="${key}"${file === null ? '' : `; filename="${file}"`}\r\n${type}\r\n${utf8(value)}\r\n`,
  );
const xml = fc
  .tuple(word, word)
  .map(([a, b]) => `<r><q k="${a.replace(/[<&"]/g, '')}">${b.replace(/[<&]/g, '')}</q><k/></r>`);

const content: fc.Arbitrary<readonly [string, string]> = fc.oneof(
  fc.tuple(
    fc.constant('application/json'),
    json.map((value) => utf8(JSON.stringify(value))),
  ),
  fc.tuple(
    fc.constant('multipart/form-data; boundary=B'),
    fc.array(part, { maxLength: 3 }).map((parts) => `${parts.join('')}--B--\r\n`),
  ),
  fc.tuple(fc.constant('application/xml'), xml.map(utf8)),
  fc.tuple(
    fc.constantFrom('text/plain', 'application/x-www-form-urlencoded'),
    fc
      .array(fc.tuple(name, word), { maxLength: 4 })
      .map((all) => new URLSearchParams(all as [string, string][]).toString()),
  ),
  fc.tuple(
    fc.constantFrom('text/plain', 'application/octet-stream'),
    fc
      .oneof(
        word,
        json.map((value) => JSON.stringify(value)),
      )
      .map(utf8),
  ),
);
const damage = fc.constantFrom<(text: string, at: number) => string>(
  (text) => text,
  (text) => text,
  (text, at) => text.slice(0, at % (text.length + 1)),
  (text, at) => text.slice(0, at % (text.length + 1)) + '}\xff%'[at % 3] + text.slice(at % (text.length + 1)),
);

const wide: fc.Arbitrary<WrittenRequest> = fc
  .record({
    method: fc.constantFrom('GET', 'POST', 'PUT'),
    path: fc.constantFrom(
      '/',
      '/shop/7/ab',
      '/shop/ab',
      '/SHOP/x',
      '/shop%2fab',
      '/shop;a/ab',
      '/x/ab',
      '/a%5Cb',
    ),
    query: fc.option(fc.array(fc.tuple(name, word), { maxLength: 4 })),
    header: fc.array(fc.constantFrom('a', 'ab', 'Ab '), { maxLength: 2 }),
    cookies: fc.array(
      fc.tuple(fc.constantFrom('sid', 'q'), fc.constantFrom('a', 'ab', 'sesame', '{"k":"a"}')),
      { maxLength: 3 },
    ),
    body: fc.option(fc.tuple(content, damage, fc.nat(400))),
    answer: fc.option(
      fc.tuple(
        fc.constantFrom(200, 503),
        fc.oneof(
          json.map((value) => utf8(JSON.stringify(value))),
          word.map(utf8),
        ),
        fc.constantFrom('application/json', 'text/html'),
      ),
    ),
  })
  .map(({ method, path, query, header, cookies, body, answer }) => ({
    method,
    target: query === null ? path : `${path}?${new URLSearchParams(query as [string, string][]).toString()}`,
    from: '10.1.2.3',
    scheme: 'http' as const,
    headers: [
      ...header.map((value): [string, string] => ['x-a', value]),
      ...(cookies.length === 0
        ? []
        : [['cookie', cookies.map((pair) => pair.join('=')).join('; ')] as [string, string]]),
      ...(body === null ? [] : [['content-type', body[0][0]] as [string, string]]),
    ],
    body: body === null ? undefined : body[1](body[0][1], body[2]),
    answered:
      answer === null
        ? undefined
        : {
            status: answer[0],
            headers: [
              ['content-type', answer[2]],
              ['x-b', 'ab'],
            ],
            body: answer[1],
          },
  }));

export const request: fc.Arbitrary<WrittenRequest> = fc.oneof(
  { weight: 3, arbitrary: wide },
  { weight: 1, arbitrary: commonExchange },
);
