// Shapes of text that cost detectors, readers and transformations most, each as a function of its size in bytes.

const times = (unit, bytes) => unit.repeat(Math.ceil(bytes / unit.length)).slice(0, bytes);
const alternating = (units, bytes) => times(units.join(''), bytes);

const base64 = (text) => Buffer.from(text, 'latin1').toString('base64');

/** Texts that stand as one value: `text(bytes)`. */
export const TEXTS = {
  letters: (n) => times('a', n),
  prose: (n) => times('the quick order of three blue shirts was shipped to Main Street 12, ', n),
  spaces: (n) => times(' ', n),
  'single quotes': (n) => times("'", n),
  'quotes of all kinds': (n) => times('\'"`', n),
  backslashes: (n) => times('\\', n),
  'digits behind backslashes': (n) => `${times('\\9', n - 2)}x`,
  'escaped quotes': (n) => times("\\'", n),
  'open comments': (n) => times('/*', n),
  'versioned comments': (n) => times('/*!50000', n),
  'closed comments': (n) => times('/**/', n),
  'dashes and hashes': (n) => times('--#', n),
  'open brackets': (n) => times('(', n),
  'brackets of all kinds': (n) => times('([{', n),
  'closed brackets': (n) => times('()', n),
  'nested selects': (n) => times('(select ', n),
  unions: (n) => times('union ', n),
  'unions in brackets': (n) => times(';union(', n),
  conditions: (n) => times("' or 1=1 ", n),
  operators: (n) => times('1+1-1*1/', n),
  semicolons: (n) => times(';', n),
  'less-than signs': (n) => times('<', n),
  'open tags': (n) => times('<a ', n),
  'open attributes': (n) => times('<a b="', n),
  handlers: (n) => times('<a on=', n),
  'script ends': (n) => times('</script', n),
  'markup comments': (n) => times('<!--', n),
  'style rules': (n) => times('<style>@import ', n),
  entities: (n) => times('&#x26;', n),
  'open entities': (n) => times('&#', n),
  'named entities': (n) => times('&amp;', n),
  'percent of percent': (n) => times('%25', n),
  'percent nested': (n) => times('%252525', n),
  'percent of letters': (n) => times('%41', n),
  'lone percents': (n) => times('%', n),
  'unicode escapes': (n) => times('\\u0041', n),
  'hexadecimal escapes': (n) => times('\\x41', n),
  'percent u': (n) => times('%u0041', n),
  'high bytes': (n) => times('\xe2\x80\xae', n),
  'overlong bytes': (n) => times('\xc0\xaf', n),
  'combining marks': (n) => times('e\xcc\x81', n),
  'full width': (n) => times('\xef\xbc\x9c', n),
  nulls: (n) => times('\0', n),
  'steps up': (n) => times('../', n),
  'steps up, encoded': (n) => times('..%2f', n),
  'steps here': (n) => times('./', n),
  slashes: (n) => times('/', n),
  'pipes and dollars': (n) => times('|$', n),
  'shell words': (n) => times(';cat ', n),
  'shell quoting': (n) => times("c'a't ", n),
  substitutions: (n) => times('$(', n),
  backticks: (n) => times('`id`', n),
  'template marks': (n) => times('{{', n),
  'lookup strings': (n) => times('${jndi:', n),
  'closed lookups': (n) => times('${lower:j}', n),
  schemes: (n) => times('javascript:', n),
  'schemes with tabs': (n) => times('java\tscript:', n),
  calls: (n) => times('alert(', n),
  words: (n) => times('eval exec system select union script ', n),
  'base64 of text': (n) => times(Buffer.from('select * from users where ').toString('base64'), n),
  'base64 of base64': (n) =>
    times(Buffer.from(Buffer.from('<script>alert(1)').toString('base64')).toString('base64'), n),
  'base64 letters': (n) => times('QUFB', n),
  hexadecimal: (n) => times('3c736372697074', n),
  'nested comments': (n) => times('/*/*', n),
  'comments in versioned ones': (n) => times('/*!50000/*', n),
  'comments that hide code': (n) => times('/**/or/**/1', n),
  'long names': (n) => times('a.b.', n),
  'names in brackets': (n) => times('[a b].', n),
  'arrays behind names': (n) => times('a[1]', n),
  'dollar tags': (n) => times('$a$b', n),
  'quotes of an operator': (n) => times("q'[", n),
  'strings side by side': (n) => times("'a' ", n),
  numbers: (n) => times('1.e0x1', n),
  'statements side by side': (n) => times(';drop table a ', n),
  'selects without a table': (n) => times('(select 1)', n),
  'cases open': (n) => times('case when 1 ', n),
  betweens: (n) => times('1 between 1 and ', n),
  'words with union': (n) => times('xunion', n),
  'waits in calls': (n) => times("sleep(5)||'", n),
  'deep markup': (n) => times('<a><b>', n),
  'tags in tags': (n) => times('<a<b', n),
  'attributes without quotes': (n) => times(' a=b', n),
  'attributes with brackets': (n) => times('<a b="c>"', n),
  'bare handlers': (n) => times(' onload=(', n),
  'comments that end at once': (n) => times('<!--><!-', n),
  'open instructions': (n) => times('<?xml ', n),
  'open style elements': (n) => times('<svg><style>', n),
  'style attributes': (n) => times('<p style="a:b;', n),
  'data addresses': (n) => times('data:text/html;base64,', n),
  'template strings': (n) => times('`${', n),
  'regex literals': (n) => times('a=/[/]/', n),
  'letters made of nothing': (n) => times('+[]![]', n),
  'calls of members': (n) => times('a["b"](', n),
  'line comments': (n) => times('//a\n', n),
  'joined strings': (n) => times("'a'+", n),
  'functions without end': (n) => times('(()=>{', n),
  'bindings of frameworks': (n) => times('{{a|b}}', n),
  'server tags': (n) => times('<%=1%>', n),
  'template tags': (n) => times('{% if %}', n),
  'serialised objects': (n) => times('O:1:"a":1:{', n),
  'class names': (n) => times('java.lang.', n),
  'filters of directories': (n) => times('*)(|(a=', n),
  'steps of XPath': (n) => times('//*[child::', n),
  'operators of documents': (n) => times('{"$ne":', n),
  'line ends': (n) => times('\r\n', n),
  'header lines': (n) => times('\r\nset-cookie: a', n),
  'mail lines': (n) => times('\nbcc: a@b', n),
  addresses: (n) => times('http://a@b:1/', n),
  'addresses as numbers': (n) => times('0x7f.', n),
  'dots and ats': (n) => times('.@', n),
  'steps up, encoded thrice': (n) => times('%25252e%25252e%25252f', n),
  'steps up, overlong': (n) => times('%c0%ae%c0%ae/', n),
  'short commands': (n) => times(';id|', n),
  'commands behind words': (n) => times('a|sort ', n),
  'commands with patterns': (n) => times('/???/c?t ', n),
  'escaped letters': (n) => times('c\\a\\t', n),
  'field separators': (n) => times('${IFS}', n),
  'nested substitutions': (n) => times('$(`$(', n),
  'base64 thrice': (n) => times(base64(base64(base64('<script>alert(1)</script>'))), n),
  'base64 for URLs': (n) => times('PHNjcmlwdD5-_w', n),
  'base64 in lines': (n) => times(`${base64("' or 1=1 -- union select a").slice(0, 60)}\r\n`, n),
  'UTF-16': (n) => times('<\0s\0', n),
  'escapes of escapes': (n) => times('\\x5cx41', n),
  'mixed escapes': (n) => times('%5cu0026lt;', n),
  'entities of percents': (n) => times('&#37;41', n),
  'percents of entities': (n) => times('%26lt%3b', n),
  'JSON in a value': (n) => times('{"a":', n),
  'JSON arrays in a value': (n) => times('[', n),
  'JSON strings in a value': (n) => `[${times('"a",', n - 4)}"a"]`,
  'all printable': (n) =>
    alternating(
      Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)),
      n,
    ),
  'all bytes': (n) =>
    alternating(
      Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)),
      n,
    ),
};

const escaped = (text) => encodeURIComponent(Buffer.from(text, 'latin1').toString('latin1'));

/** Bodies whose structure is what costs: content type and `body(bytes)`. */
export const BODIES = {
  'form, small arguments': {
    type: 'application/x-www-form-urlencoded',
    body: (n) => Array.from({ length: Math.min(900, n >> 3) }, (_, i) => `a${i}=${i}`).join('&'),
  },
  'form, one name': {
    type: 'application/x-www-form-urlencoded',
    body: (n) => times('a=1&', Math.min(n, 3_600)),
  },
  'form, no values': { type: 'application/x-www-form-urlencoded', body: (n) => times('&', n) },
  'form, equals signs': { type: 'application/x-www-form-urlencoded', body: (n) => times('=', n) },
  'JSON, nested arrays': {
    type: 'application/json',
    body: (n) => '['.repeat(Math.min(30, n >> 1)) + ']'.repeat(Math.min(30, n >> 1)),
  },
  'JSON, array of arrays': {
    type: 'application/json',
    body: (n) => `[${times('[],', n - 4)}[]]`.replace(/\[,\[\]\]$|\[\]?\[\]\]$/, '[]]'),
  },
  'JSON, numbers': { type: 'application/json', body: (n) => `[${'1,'.repeat((n - 4) >> 1)}1]` },
  'JSON, empty strings': {
    type: 'application/json',
    body: (n) => `[${'"",'.repeat(Math.floor((n - 4) / 3))}""]`,
  },
  'JSON, escapes': {
    type: 'application/json',
    body: (n) => `["${'\\u0041'.repeat(Math.floor((n - 4) / 6))}"]`,
  },
  'JSON, keys': {
    type: 'application/json',
    body: (n) => `{${Array.from({ length: Math.min(900, n >> 4) }, (_, i) => `"k${i}":${i}`).join(',')}}`,
  },
  'JSON, tiny strings': {
    type: 'application/json',
    body: (n) => `[${'"a",'.repeat((n - 6) >> 2)}"a"]`,
  },
  'JSON, quoted strings': {
    type: 'application/json',
    body: (n) => `[${`"' or","<a b",`.repeat(Math.floor((n - 6) / 14))}"a"]`,
  },
  'JSON, nested objects': {
    type: 'application/json',
    body: (n) =>
      `[${times('{"a":{"b":{}}},', n - 6)
        .split('},')
        .slice(0, -1)
        .map((item) => `${item}},`)
        .join('')}0]`,
  },
  'JSON, long keys': {
    type: 'application/json',
    body: (n) => `{"${times("a' or 1=1 ", Math.min(n, 200))}":1}`,
  },
  'form, quoted arguments': {
    type: 'application/x-www-form-urlencoded',
    body: (n) => Array.from({ length: Math.min(900, n >> 4) }, (_, i) => `a${i}=%27+or+1`).join('&'),
  },
  'form, encoded names': {
    type: 'application/x-www-form-urlencoded',
    body: (n) => Array.from({ length: Math.min(900, n >> 4) }, (_, i) => `%3Ca%20b${i}=1`).join('&'),
  },
  'multipart, files': {
    type: 'multipart/form-data; boundary=x',
    body: (n) =>
      `${Array.from({ length: Math.min(90, Math.ceil(n / 80)) }, (_, i) => `--x\r\ncontent-disposition: form-data; name="a${i}"; filename="..;'<%00.php"\r\n\r\n1\r\n`).join('')}--x--\r\n`,
  },
  'XML, text': { type: 'application/xml', body: (n) => `<r>${times("a&amp;' or ", n - 8)}</r>` },
  'XML, comments': { type: 'application/xml', body: (n) => `<r>${'<!---->'.repeat((n - 8) / 7)}</r>` },
  'XML, sections': {
    type: 'application/xml',
    body: (n) => `<r>${'<![CDATA[<a]]>'.repeat((n - 8) / 14)}</r>`,
  },
  'XML, elements': { type: 'application/xml', body: (n) => `<r>${'<a/>'.repeat((n - 8) >> 2)}</r>` },
  'XML, attributes': {
    type: 'application/xml',
    body: (n) => `<r>${'<a b="c"/>'.repeat(Math.floor((n - 8) / 10))}</r>`,
  },
  'multipart, parts': {
    type: 'multipart/form-data; boundary=x',
    body: (n) =>
      `${Array.from({ length: Math.min(90, Math.ceil(n / 56)) }, (_, i) => `--x\r\ncontent-disposition: form-data; name="a${i}"\r\n\r\n1\r\n`).join('')}--x--\r\n`,
  },
  'multipart, near boundaries': {
    type: 'multipart/form-data; boundary=xxxxxxxx',
    body: (n) =>
      `--xxxxxxxx\r\ncontent-disposition: form-data; name="a"\r\n\r\n${times('\r\n--xxxxxxx', n)}\r\n--xxxxxxxx--\r\n`,
  },
  'text of no type': { type: 'text/plain', body: (n) => times('a[b{c"d', n) },
};

/** Field lines: what a client may put into one head. */
export const HEADS = {
  'many cookies': (n) => [
    ['cookie', Array.from({ length: Math.min(120, n >> 3) }, (_, i) => `c${i}=${i}`).join('; ')],
  ],
  'cookie of separators': (n) => [['cookie', times('; ', Math.min(n, 7_000))]],
  'many fields': (n) => Array.from({ length: Math.min(80, n >> 4) }, (_, i) => [`x-f${i}`, `value ${i}`]),
  'long agent': (n) => [['user-agent', times('Mozilla/5.0 (', Math.min(n, 7_000))]],
  'cookies of quotes': (n) => [
    ['cookie', Array.from({ length: Math.min(120, n >> 4) }, (_, i) => `c${i}=%27+or+<a`).join('; ')],
  ],
  'cookie of base64': (n) => [['cookie', `a=${times(base64("' or 1=1 --"), Math.min(n, 7_000))}`]],
  'cookie of JSON': (n) => [['cookie', `a=[${times('"a",', Math.min(n, 7_000) & ~3)}1]`]],
  'agent of quotes': (n) => [['user-agent', times("' or ", Math.min(n, 7_000))]],
  'fields of markup': (n) => Array.from({ length: Math.min(80, n >> 4) }, (_, i) => [`x-f${i}`, `<a b=${i}`]),
  'long referer': (n) => [['referer', times('https://example.com/?a=%25', Math.min(n, 7_000))]],
};

/** Targets: what a client may put into a request line. */
export const TARGETS = {
  'many arguments': (n) =>
    `/?${Array.from({ length: Math.min(200, n >> 3) }, (_, i) => `a${i}=${i}`).join('&')}`,
  'arguments of quotes': (n) =>
    `/?${Array.from({ length: Math.min(200, n >> 4) }, (_, i) => `a${i}=%27%20or`).join('&')}`,
  'encoded argument': (n) => `/?a=${times('%252527', Math.min(n, 7_000))}`,
  'many segments': (n) => `/${times('a/', Math.min(n, 2_000))}`,
  'encoded segments': (n) => `/${times('%41%2d', Math.min(n, 4_000))}`,
};

/** The body of a form, or of a JSON document, that has the text as one value. */
export function carry(text, as) {
  return as === 'form' ? `v=${escaped(text)}` : JSON.stringify({ v: text });
}
