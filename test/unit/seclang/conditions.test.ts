import { describe, expect, test } from 'vitest';
import { condition, outcomes } from './imported.ts';

const rule = (variables: string, operator: string, actions = 'deny'): string =>
  `SecRule ${variables} "${operator}" "id:1,${actions}"`;

describe('variables', () => {
  test.each([
    ['ARGS|!ARGS:tok', 'any args except [/^tok$/i] matches /a/'],
    ['ARGS|XML:/*|ARGS_NAMES', 'any (args, args.names) matches /a/'],
    ['REQUEST_HEADERS:X-A', 'any request.headers["x-a"] matches /a/'],
    ['REQUEST_COOKIES:/^s/', 'any request.cookies[/^s/i] matches /a/'],
    ['REQUEST_METHOD', 'request.method |> text matches /a/'],
    ['REQUEST_PROTOCOL', 'request.version |> prepend("HTTP/") matches /a/'],
    ['REQUEST_URI|ARGS', 'any (request.target, args) matches /a/'],
    ['REMOTE_ADDR|ARGS', 'client.ip |> text matches /a/ or any args matches /a/'],
    ['FILES|FILES_NAMES', 'any (files.filename, files.name) matches /a/'],
  ])('%s', (variables, expected) => {
    expect(condition(rule(variables, '@rx a'))).toBe(expected);
  });

  test('exact arguments are those of the reference engine', () => {
    const options = { exact: true };
    expect(condition(rule('ARGS', '@rx a'), options)).toBe(
      'any (args.query, args.form, args.multipart, args.json) matches /a/',
    );
    expect(condition(rule('ARGS|XML:/*|XML://@*', '@rx a', 'deny,phase:1'), options)).toBe(
      'any (args.query, args.xml) matches /a/',
    );
  });

  test('exact bodies of some kinds have no text', () => {
    expect(condition(rule('REQUEST_BODY', '@rx a'), { exact: true })).toBe(
      'body.kind not in ["json", "multipart", "xml"] and any body.text matches /a/',
    );
  });

  test('what Ward does not know is left out with the reason', () => {
    expect(outcomes(rule('GEO:COUNTRY_CODE', '@streq XX'))).toEqual(['1 left-out: GEO has no counterpart']);
  });
});

describe('operators', () => {
  test.each([
    ['ARGS', '!@rx a', 'any args not matches /a/'],
    ['ARGS', '@rx ^$', 'any args == ""'],
    ['ARGS', '@rx (?i)a/b', 'any args matches /a\\/b/i'],
    ['ARGS', '@pm One two', 'any args |> lower contains any ["one", "two"]'],
    ['ARGS', '@streq a', 'any args == "a"'],
    ['ARGS', '!@streq a', 'any args != "a"'],
    ['ARGS', '@contains a', 'any args contains "a"'],
    ['ARGS', '@beginsWith a', 'any args starts_with "a"'],
    ['ARGS', '!@endsWith a', 'any args not ends_with "a"'],
    ['REQUEST_METHOD', '!@within GET POST', '"GET POST" not contains request.method |> text'],
    ['ARGS', '@within a b', 'any v of args { "a b" contains v }'],
    ['ARGS', '@gt 5', 'any args |> to_int > 5'],
    ['ARGS', '@lt 5', 'any args |> to_int |> or_else(0) < 5'],
    ['&ARGS', '!@eq 0', 'count(args) != 0'],
    ['ARGS_COMBINED_SIZE', '@gt 10', 'args.bytes > 10B'],
    ['RESPONSE_STATUS', '@ge 500', 'response.status >= 500'],
    ['REMOTE_ADDR', '@ipMatch 10.0.0.0/8,::1', 'client.ip in ["10.0.0.0/8", "::1/128"]'],
    ['ARGS', '@validateByteRange 1-255', 'any args matches /[\\x00]/'],
    ['ARGS', '@validateByteRange 32-126', 'any args matches /[\\x00-\\x1f\\x7f-\\xff]/'],
    ['ARGS', '@validateUtf8Encoding', 'any v of args { not v |> is_utf8 }'],
    ['REQUEST_URI', '@validateUrlEncoding', 'not request.target |> is_url_encoded'],
    ['REQUEST_BODY', '!@rx a', 'none body.text matches /a/'],
    ['REQUEST_URI', '@unconditionalMatch', 'true'],
  ])('%s %s', (variables, operator, expected) => {
    expect(condition(rule(variables, operator))).toBe(expected);
  });

  test.each([
    ['@rx a(?=b)', 'the regex is no RE2 regex: it looks ahead'],
    ['@rx (a)\\1', 'the regex is no RE2 regex: it refers back to a group'],
    ['@rx a++', 'the regex is no RE2 regex: it has a possessive repeat'],
    ['@rbl example.org', '@rbl has no counterpart'],
  ])('%s is left out', (operator, reason) => {
    expect(outcomes(rule('ARGS', operator))).toEqual([`1 left-out: ${reason}`]);
  });

  test('predicates that do not exist yet are named', () => {
    expect(outcomes(rule('ARGS', '@detectSQLi'), { steps: new Set() })).toEqual([
      '1 left-out: detect_sqli does not exist yet',
    ]);
  });
});

describe('transformations', () => {
  test('stand in order, after the last none', () => {
    expect(condition(rule('ARGS', '@rx a', 'deny,t:lowercase,t:none,t:urlDecodeUni,t:removeNulls'))).toBe(
      'any args |> url_decode_uni |> remove_nulls matches /a/',
    );
  });

  test('multiMatch looks at every stage', () => {
    expect(condition(rule('ARGS', '@rx a', 'deny,t:lowercase,t:trim,multiMatch'))).toBe(
      'any args |>? lower |>? trim matches /a/',
    );
  });

  test('a length is a number', () => {
    expect(condition(rule('ARGS', '@gt 9', 'deny,t:length'))).toBe('any args |> length > 9');
  });

  test('those that Ward reads wider keep their own step', () => {
    expect(condition(rule('ARGS', '@rx a', 'deny,t:base64Decode,t:htmlEntityDecode,t:md5'))).toBe(
      'any args |> base64_decode_strict |> html_decode_basic |> md5 matches /a/',
    );
  });
});

describe('chains', () => {
  const chain = (...links: readonly string[]): string =>
    links
      .map((link, index) => {
        const [variables, operator, actions = 't:none'] = link.split(' ; ');
        const more = index + 1 < links.length ? ',chain' : '';
        return `SecRule ${variables} "${operator}" "${index === 0 ? 'id:1,deny,' : ''}${actions}${more}"`;
      })
      .join('\n');

  test('links stand side by side', () => {
    expect(condition(chain('REQUEST_METHOD ; @streq GET', 'ARGS:a ; @rx b'))).toBe(
      'request.method |> text == "GET" and any args["a"] matches /b/',
    );
  });

  test('captures', () => {
    expect(condition(chain('ARGS ; @rx (a+)(b+) ; capture', 'TX:1 ; @streq %{TX.2}'))).toBe(
      'any v of args { v matches /(a+)(b+)/ as m and m[1] == m[2] }',
    );
    expect(condition(chain('REQUEST_BASENAME ; @rx (.)$ ; capture', 'TX:1 ; @rx x ; t:lowercase'))).toBe(
      'request.basename |> percent_decode(1) matches /(.)$/ as m and m[1] |> lower matches /x/',
    );
  });

  test('a capture of a capture', () => {
    expect(condition(chain('ARGS ; @rx a(.*) ; capture', 'TX:1 ; @rx b(.*) ; capture', 'TX:1 ; @rx c'))).toBe(
      'any v of args { v matches /a(.*)/ as m and m[1] matches /b(.*)/ as m2 and m2[1] matches /c/ }',
    );
  });

  test('MATCHED_VARS means the same value', () => {
    expect(condition(chain('ARGS|XML:/* ; @rx a ; t:lowercase', 'MATCHED_VARS ; !@rx b'))).toBe(
      'any v of args |> lower { v matches /a/ and v not matches /b/ }',
    );
  });

  test('variables beside MATCHED_VARS are looked at whole', () => {
    expect(condition(chain('ARGS ; @rx a ; t:lowercase', 'MATCHED_VARS|REQUEST_COOKIES ; @rx b'))).toBe(
      'any v of args |> lower { v matches /a/ and v matches /b/ } or any args |> lower matches /a/ and any request.cookies matches /b/',
    );
  });

  test('links that refer to nothing stay outside of the block', () => {
    expect(condition(chain('ARGS ; @rx a(.) ; capture', 'REQUEST_METHOD ; @streq PUT', 'TX:1 ; @rx b'))).toBe(
      'any v of args { v matches /a(.)/ as m and m[1] matches /b/ } and request.method |> text == "PUT"',
    );
  });

  test('copies with text around them', () => {
    const text = chain(
      "REQUEST_HEADERS:Content-Type ; @rx ^[^;]+ ; capture,setvar:'tx.kind=|%{tx.0}|'",
      'TX:kind ; !@within |a/b| |c/d| ; t:lowercase',
    );
    expect(condition(text)).toBe(
      'any v of request.headers["content-type"] { v matches /^[^;]+/ as m and "|a/b| |c/d|" not contains m[0] |> prepend("|") |> append("|") |> lower }',
    );
  });

  test('a family of names, one for each value', () => {
    const text = chain(
      "REQUEST_HEADERS_NAMES ; @rx ^.*$ ; capture,t:lowercase,setvar:'tx.seen_%{tx.0}=/%{tx.0}/'",
      'TX:/^seen_/ ; @within /bad/ /worse/',
    );
    expect(condition(text)).toBe(
      'any v of request.headers.names |> lower { "/bad/ /worse/" contains v |> prepend("/") |> append("/") }',
    );
  });

  test('headers in arguments of operators', () => {
    expect(
      condition(chain('ARGS ; @rx //([^/]+) ; capture', 'TX:1 ; !@endsWith .%{request_headers.host}')),
    ).toBe(
      'any v of args { v matches /\\/\\/([^\\/]+)/ as m and m[1] not ends_with request.headers["host"] |> or_else("") |> prepend(".") }',
    );
  });
});

describe('values of other rules', () => {
  test('a counter for each name becomes repeats', () => {
    const text = `SecRule ARGS_NAMES "@rx ." "id:1,pass,nolog,setvar:'tx.n_%{MATCHED_VAR_NAME}=+1'"
SecRule TX:/n_.*/ "@gt 1" "id:2,deny"`;
    expect(condition(text)).toBe('repeats(args.paths) > 1');
    expect(outcomes(text)[0]).toMatch(/^1 joined/);
  });

  test('what one rule keeps is joined into the rule that reads it', () => {
    const text = `SecRule MULTIPART_PART_HEADERS "@rx ^type:(.*)$" "id:1,pass,nolog,capture,setvar:'tx.t_%{tx.n}=%{tx.1}'"
SecRule TX:/T_*/ "!@rx ^x" "id:2,deny,t:lowercase"`;
    expect(condition(text)).toBe(
      'any v of multipart.headers { v matches /^type:(.*)$/ as m and m[1] |> lower not matches /^x/ }',
    );
  });

  test('what nothing sets is said', () => {
    expect(outcomes('SecRule TX:x "@rx a" "id:2,deny"')).toEqual([
      '2 inactive: TX:x @rx a does not hold with these settings',
    ]);
  });
});
