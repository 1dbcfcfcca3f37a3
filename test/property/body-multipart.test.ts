import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MultipartReader } from '../../src/http/body/multipart.ts';
import type { ReaderOptions } from '../../src/http/body/reader.ts';
import { bytesOf, replay, replayEveryCut, utf8BytesAsLatin1, wholeValues } from './body-replay.ts';

const make = (options: ReaderOptions): MultipartReader => new MultipartReader(options);

describe('multipart reader', () => {
  const name = fc.string({ maxLength: 10 }).filter((text) => !/["\\\r\n]/.test(text));
  const content = fc.oneof(
    fc.string({ maxLength: 40 }),
    fc.constantFrom('--', '\r\n', '\r\n--', '\n--', '-'),
  );
  const field = fc.record({ name, content, filename: fc.option(name.filter((text) => text !== '')) });

  test('reads what FormData writes, and as Response.formData() reads it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(field, { maxLength: 5 }), async (fields) => {
        const form = new FormData();
        for (const part of fields) {
          if (part.filename === null) form.append(part.name, part.content);
          else form.append(part.name, new Blob([part.content]), part.filename);
        }
        const response = new Response(form);
        const type = response.headers.get('content-type') ?? '';
        const body = Buffer.from(await response.clone().arrayBuffer());
        const boundary = /boundary=(.*)$/.exec(type)?.[1] ?? '';
        const limits = {
          windowBytes: 16,
          argumentsMax: 200,
          documentValuesMax: 200,
          nameBytesMax: 64,
          depthMax: 8,
          partsMax: 8,
        };
        const run = replay(make, [body], { boundary, limits });
        expect(run.fault).toBeNull();
        const read = [...(await response.formData())];
        const values = wholeValues(
          { ...run, events: run.events.filter(([origin]) => origin === 'multipart') },
          16,
        );
        const strings = read.filter((entry): entry is [string, string] => typeof entry[1] === 'string');
        expect(values.map(([key, , text]) => [key, text])).toEqual(
          strings.map((entry) => entry.map(utf8BytesAsLatin1)),
        );
        const files = run.events.filter(([kind]) => kind === 'file').map(([, file]) => file);
        expect(files).toMatchObject(
          read
            .filter((entry): entry is [string, File] => typeof entry[1] !== 'string')
            .map(([key, file]) => ({
              name: utf8BytesAsLatin1(key),
              filename: utf8BytesAsLatin1(file.name),
              size: file.size,
            })),
        );
      }),
      { numRuns: 60 },
    );
  });

  const fragment = fc.constantFrom(
    ...[
      '--b',
      '--b\r\n',
      '\r\n--b',
      '\r\n--b--',
      '\r\n--b--\r\n',
      '\n--b',
      '\r--b',
      '\r',
      '\n',
      '--',
      'x',
      '\r\n',
    ],
    ...[
      'Content-Disposition: form-data; name="a"\r\n\r\n',
      'Content-Disposition: form-data; name="f"; filename="g"\r\n\r\n',
    ],
    ...[
      '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n',
      'Content-Type: text/plain\r\n',
      'y'.repeat(20),
      '\r\n--bb',
    ],
  );
  test('reads any bytes the same at every cut', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.array(fragment, { maxLength: 8 }), (opened, parts) => {
        const start = opened ? '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n' : '';
        replayEveryCut(make, bytesOf(start + parts.join('')), { boundary: 'b' });
      }),
      { numRuns: 250 },
    );
  });
});
