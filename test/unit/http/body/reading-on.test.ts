/** Faults that leave no doubt where values begin and end: what follows is reported too, at every cut. */
import { describe, expect, test } from 'vitest';
import { MultipartReader } from '../../../../src/http/body/multipart.ts';
import type { ReaderOptions } from '../../../../src/http/body/reader.ts';
import { UrlencodedReader } from '../../../../src/http/body/urlencoded.ts';
import { bytesOf, replayEveryCut } from '../../../property/body-replay.ts';
import type { Replay } from '../../../property/body-replay.ts';

const LIMITS = {
  windowBytes: 64,
  argumentsMax: 200,
  documentValuesMax: 200,
  nameBytesMax: 64,
  depthMax: 8,
  partsMax: 8,
};

function values(run: Replay, origin: string): unknown[] {
  return run.events.filter(([found]) => found === origin).map(([, name, , text]) => [name, text]);
}

describe('a form with a percent sign that is no escape', () => {
  const read = (body: string): Replay =>
    replayEveryCut((options: ReaderOptions) => new UrlencodedReader(options), bytesOf(body), {
      limits: LIMITS,
    });

  test.each([
    [
      'a=1&b=%zz%41&c=%42',
      6,
      [
        ['a', '1'],
        ['b', '%zzA'],
        ['c', 'B'],
      ],
    ],
    [
      '%=x&b=100%',
      0,
      [
        ['%', 'x'],
        ['b', '100%'],
      ],
    ],
    ['a=%4', 2, [['a', '%4']]],
    ['a=%uff1cb', 2, [['a', '%uff1cb']]],
  ])('%s', (body, at, expected) => {
    const run = read(body);
    expect(run.fault).toEqual({ reason: 'form.escape', at });
    expect(values(run, 'form')).toEqual(expected);
  });
});

describe('a part with a header that servers read in different ways', () => {
  const read = (...headers: string[]): Replay => {
    const parts = headers.map((header) => `--b\r\n${header}\r\n\r\nx\r\n`).join('');
    return replayEveryCut(
      (options: ReaderOptions) => new MultipartReader(options),
      bytesOf(`${parts}--b--`),
      {
        limits: LIMITS,
        boundary: 'b',
      },
    );
  };

  test.each([
    ['Content-Disposition: form-data; name=a', 'a', undefined],
    ['Content-Disposition: form-data; name="a\\"b"', 'a\\"b', undefined],
    ['Content-Disposition: form-data; name="a', 'a', undefined],
    ['Content-Disposition: form-data; name="a"; filename="b\\"c"', 'a', 'b\\"c'],
    ['Content-Disposition: form-data; name="a"; filename*=UTF-8\'\'b', 'a', "UTF-8''b"],
    ['Content-Disposition\x0e: form-data; name="a"', 'a', undefined],
    ['Content-Type: text/plain', '', undefined],
  ])('%s', (header, name, filename) => {
    const run = read(header, 'Content-Disposition: form-data; name="z"');
    expect(run.fault).toEqual({ reason: 'multipart.header', at: 5 });
    expect(values(run, 'part_header')[0]).toEqual([name, header]);
    const fields = values(run, 'multipart');
    expect(fields.at(-1)).toEqual(['z', 'x']);
    if (filename === undefined) expect(fields[0]).toEqual([name, 'x']);
    else expect(run.events.find(([kind]) => kind === 'file')?.[1]).toMatchObject({ name, filename, size: 1 });
  });

  test('a charset that is not read keeps its value', () => {
    const run = read(
      'Content-Disposition: form-data; name="_charset_"',
      'Content-Disposition: form-data; name="a"\r\nContent-Type: text/plain; charset=utf-7',
    );
    expect(run.fault).toEqual({ reason: 'charset.unsupported', at: 5 });
    expect(values(run, 'multipart')).toEqual([
      ['_charset_', 'x'],
      ['a', 'x'],
    ]);
  });

  test('what is in doubt about the delimiters still ends the reading', () => {
    const run = read('Content-Disposition: form-data; name=a', 'X: 1\n');
    expect(run.fault?.reason).toBe('multipart.header');
    expect(values(run, 'multipart')).toEqual([['a', 'x']]);
  });
});
