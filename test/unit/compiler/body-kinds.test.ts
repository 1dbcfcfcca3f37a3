// Tests on the raw text of a body, which hang on what else a body of its kind can have: none that decides may be left out.
import { describe, expect, it } from 'vitest';
import { compileProgram } from '../../../src/compiler/compile.ts';
import { XML_DEPTH_MAX } from '../../../src/core/limits.ts';
import { BODY_KINDS } from '../../../src/engine/body-origins.ts';
import { FACET, FACETS } from '../../../src/engine/program.ts';
import type { TargetIndex } from '../../../src/engine/program.ts';
import type { BodyKind } from '../../../src/http/body/reader.ts';
import { ORIGIN } from '../../../src/http/value.ts';
import { policyOf } from '../../support/check-rules.ts';
import { begin, bytes, engineFor } from '../../support/transaction-of.ts';

const FORM_AND_TEXT = 'any args.form.names contains "a" and any body.text contains "b"';

/** Kinds of bodies whose text some test of the condition looks at. */
function kindsOf(condition: string, more = ''): BodyKind[] {
  const { targets } = compileProgram(
    policyOf(`rule t.t "x" { when ${condition} then tag "t" }\n${more}`),
  ).program;
  const classOf = (kind: BodyKind): number =>
    targets.setsOfKind[kind][ORIGIN.text * FACETS + FACET.VALUE].generic;
  return BODY_KINDS.filter((kind) => classOf(kind) >= 0);
}

describe('the raw text is looked at', () => {
  it.each<readonly [string, string, readonly BodyKind[]]>([
    ['on its own', 'any body.text contains "b"', BODY_KINDS],
    ['beside a field of a form', FORM_AND_TEXT, ['urlencoded', 'text']],
    ['or a field of a form', 'any args.form contains "a" or any body.text contains "b"', BODY_KINDS],
    ['beside any argument', 'any args contains "a" and any body.text contains "b"', BODY_KINDS],
    ['beside a header', 'any request.headers contains "a" and any body.text contains "b"', BODY_KINDS],
    ['beside no field of a form', 'none args.form contains "a" and any body.text contains "b"', BODY_KINDS],
    [
      'beside neither a form nor a file',
      'not (any args.form contains "a" or any files.filename contains "a") and any body.text contains "b"',
      BODY_KINDS,
    ],
    ['beside a field of XML', 'any args.xml contains "a" and any body.text contains "b"', ['xml', 'text']],
    ['beside a file', 'any files.filename contains "a" and any body.text contains "b"', ['multipart']],
    ['of one kind', 'body.kind == "json" and any body.text contains "b"', ['json']],
    [
      'of all but one kind',
      'body.kind != "json" and any body.text contains "b"',
      BODY_KINDS.filter((kind) => kind !== 'json'),
    ],
    ['of some kinds', 'body.kind in ["text", "xml"] and any body.text contains "b"', ['xml', 'text']],
  ])('%s', (_what, condition, kinds) => {
    expect(kindsOf(condition)).toEqual(kinds);
  });

  it('where one of two rules turns on it', () => {
    expect(
      kindsOf(FORM_AND_TEXT, 'rule t.own "x" { when any body.text contains "b" then tag "own" }'),
    ).toEqual(BODY_KINDS);
  });

  it('where a rule may be told to pass over the test on the kind', () => {
    const exclusion = 'exclude t.t { target body.kind because "x" }';
    expect(kindsOf('not body.kind == "json" and any body.text contains "b"', exclusion)).toEqual(BODY_KINDS);
  });

  it('where a limiter counts by it', () => {
    const limiter = `limiter f { key client.ip  allow 2 per 1m  count response.status == 401 and ${FORM_AND_TEXT}  then block 429 }
      rule t.limit "x" { when true then limit f }`;
    expect(kindsOf('true', limiter)).toEqual(BODY_KINDS);
  });
});

it('classes are shared by kinds with the same tests', () => {
  const { targets } = compileProgram(policyOf(`rule t.t "x" { when ${FORM_AND_TEXT} then tag "t" }`)).program;
  const setsOf = (kind: BodyKind): TargetIndex['setsOfKind'][BodyKind] => targets.setsOfKind[kind];
  expect(setsOf('json')).toBe(setsOf('xml'));
  expect(setsOf('text')).toBe(setsOf('urlencoded'));
  expect(setsOf('json')).not.toBe(setsOf('text'));
});

const engine = engineFor(`
rule t.form "x" { when ${FORM_AND_TEXT} then tag "form" }
rule t.other "x" { when none args.form.names contains "a" and any body.text contains "b" then tag "other" }
rule t.text "x" { when any body.text contains "b" then tag "text" }
rule t.deep "x" { when any args.xml contains "q" then tag "deep" unknown match }
`);

async function tagsOf(type: string, body: string): Promise<readonly string[]> {
  const transaction = begin(engine, { headers: [['content-type', type]], body });
  await transaction.requestBody(bytes(body));
  await transaction.requestEnd();
  const { tags } = transaction.report();
  transaction.close();
  return [...tags].sort();
}

describe('rules on the text of bodies match', () => {
  it.each([
    ['a form', 'application/x-www-form-urlencoded', 'a=b', ['form', 'text']],
    ['a form that is sniffed', 'text/plain', 'a=b', ['form', 'text']],
    [
      'a form longer than the window',
      'application/x-www-form-urlencoded',
      `a=b&c=${'x'.repeat(200_000)}`,
      ['form', 'text'],
    ],
    ['a document', 'application/json', '{"a":"b"}', ['other', 'text']],
    [
      'a document longer than the window',
      'application/json',
      `{"a":"b${'x'.repeat(200_000)}"}`,
      ['other', 'text'],
    ],
  ])('%s', async (_what, type, body, tags) => {
    expect(await tagsOf(type, body)).toEqual(tags);
  });
});

it('a sniffed document that nests too deep leaves its fields unknown', async () => {
  expect(await tagsOf('text/plain', `<a>${'<a>'.repeat(XML_DEPTH_MAX + 1)}`)).toContain('deep');
});
