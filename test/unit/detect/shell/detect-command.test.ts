// Values that are command lines as a whole, by what tells them, and what people write that begins with the name of a command.
import { describe, expect, it } from 'vitest';
import { SHELL_COMMANDS_READ_MAX, SHELL_COMMAND_BYTES_MAX } from '../../../../src/core/limits.ts';
import { detectCommand } from '../../../../src/detect/shell/detect-command.ts';
import { expectAllBy } from '../../../support/expect-all.ts';

const expectAll = expectAllBy(detectCommand);

describe('command lines', () => {
  it.each<[string, readonly string[]]>([
    [
      'with a flag',
      ['uname -a', 'ls -la', 'find . -exec id \\;', 'docker run -v /:/mnt x', 'ps -ef', 'rm -rf x'],
    ],
    [
      'with a path of the system',
      ['cat /etc/passwd', 'run cat /etc/hosts', 'sort /etc/hosts', 'cp /etc/shadow x', 'cat ~/x', 'dir c:\\'],
    ],
    ['with a host', ['curl evil.example', 'ssh eve@evil.example', 'host evil.example', 'nc 10.0.0.1 80']],
    ['with a variable', ['echo $path', 'echo %username%', 'wget $(id)', 'cat $home']],
    ['with a redirection', ['bash<<<id', 'cat<x', 'echo x > x.php', 'cat <(id)', 'exec 5<>/dev/tcp/x/1']],
    [
      'with a file that is run',
      ['rundll32 x.dll,y', 'msbuild x.xml', 'wsl.exe -e x', 'x.exe /install', 'awk \'begin {system("id")}\''],
    ],
    [
      'with words that belong to it',
      [
        'net user',
        'reg query hklm\\sam',
        'chmod 777 x',
        'ps aux',
        'systemctl stop x',
        'for /f %i in (x) do y',
      ],
    ],
    [
      'of a program that is no word',
      ['strace -o /tmp/x', 'tshark -r x', 'sqlite3 /tmp/x .dump', 'xx --run=/bin/sh -y', 'zsoelim /bin/sh'],
    ],
    ['by their name alone', ['whoami', 'calc.exe', 'sudo id', 'systeminfo']],
    ['by a name that hides', ["w'h'oami", 'c^m^d', 'c\\at x', 'who$@ami', '/b?n/c?t x', '/b[i]n/c[a]t x']],
    [
      'behind a separator',
      [';touch x', '|rm x|', '; mkdir x #', '`cat /etc/x`', '$(cp a b)', '\nid\n', '127.0.0.1;rm x'],
    ],
    ['in brackets', ['{rm x}', '(cat /etc/x)', '{ echo x; }', '!echo x', '>(sleep 5)', '${sleep 5}']],
    ['out of a string', ["x' && id && echo 'y", '";cp a b#', "';start x;'"]],
    [
      'behind others',
      ['echo abc|rev|sh', 'cat x;id', 'x=1 y=2 bash -c id', 'true && cat /etc/x', 'cd x; touch y'],
    ],
    ['that are loops behind a separator', [';if true;then echo $x;fi', ';while :; do id; done']],
    [
      'of Windows by their path',
      ['c:\\x y\\z.exe -a', '%systemroot%\\system32\\cmd.exe', '\\\\h\\s\\x.bat /q'],
    ],
    ['without a name', ['> /etc/x', '. /tmp/x', '$shell -c id']],
  ])('%s', (_, values) => {
    expectAll(values, true);
  });
});

describe('no command lines', () => {
  it.each<[string, readonly string[]]>([
    [
      'searches',
      [
        'curl tutorial',
        'bash course',
        'find me a sort of test',
        'cat food / bowls',
        'powershell get-childitem recurse',
        'chmod 755 vs 644',
      ],
    ],
    ['words left out of a search', ['watch -apple', 'cat -dog']],
    [
      'prose',
      [
        "i'd like 2 of these; are they in stock",
        'read / write',
        'time > money',
        'who is it',
        'last item</li>',
        'make $100 a day',
      ],
    ],
    ['names', ['id', 'ls', 'date', 'sort', 'cmd.exe', 'john smith <john@example.com>']],
    [
      'other code',
      [
        'select x from y',
        'while x; do rm -rf /; done',
        'if x; then cat /etc/hosts; fi',
        'echo "${{ steps.x }}"',
        "awk -f, '{ print $1 }' x",
      ],
    ],
    [
      'paths and agents',
      ['/usr/share/x', '/images/a.png', 'mozilla/5.0 (x11; linux)', 'curl/8.1', '/a/b c/d'],
    ],
    ['several lines', ['ls -la\nwc -l', 'cat /etc/passwd\nis a file']],
  ])('%s', (_, values) => {
    expectAll(values, false);
  });
});

describe('bounds', () => {
  it(`judges values up to ${SHELL_COMMAND_BYTES_MAX} bytes`, () => {
    const command = 'cat /etc/hosts ';
    expect(detectCommand(command + 'x'.repeat(SHELL_COMMAND_BYTES_MAX - command.length))).toBe(true);
    expect(detectCommand(command + 'x'.repeat(SHELL_COMMAND_BYTES_MAX - command.length + 1))).toBe(false);
  });

  it(`reads ${SHELL_COMMANDS_READ_MAX} commands of a line`, () => {
    expect(detectCommand('make x;'.repeat(SHELL_COMMANDS_READ_MAX - 1) + 'cat /etc/hosts')).toBe(true);
    expect(detectCommand('make x;'.repeat(SHELL_COMMANDS_READ_MAX) + 'cat /etc/hosts')).toBe(false);
  });
});
