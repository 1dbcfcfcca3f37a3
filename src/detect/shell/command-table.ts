/**
 * Names of programs and builtins, by what must stand behind them before they count as a command. The words come from
 * POSIX.1-2017 (Shell & Utilities), the manuals of GNU coreutils and of Windows, and GTFOBins' and LOLBAS' lists of
 * programs that read, fetch or run something.
 */

/** No prose has this word: almost any argument will do. */
export const TOOL = 1;
/** Short names, no words of English, yet of other languages, keys and codes: an argument of a command, or the end. */
export const SHORT = 2;
/** Words of English: an argument that only a command has. */
export const ENGLISH = 3;
/** What build scripts run, interpreters among them: an argument that leaves the project, or code. */
export const BUILDER = 4;
/** Windows' own: a switch, a drive, a variable or a known subcommand. */
export const WINDOWS = 5;
/** Runs the command behind it. */
export const WRAPPER = 6;

export type CommandKind =
  | typeof TOOL
  | typeof SHORT
  | typeof ENGLISH
  | typeof BUILDER
  | typeof WINDOWS
  | typeof WRAPPER;

const NAMES: ReadonlyArray<readonly [CommandKind, string]> = [
  [
    TOOL,
    'whoami uname ifconfig ipconfig nslookup netstat netcat ncat wget curl tftp telnet bash zsh ksh tcsh ' +
      'powershell pwsh chmod chown chgrp mkfifo useradd usermod passwd crontab systemctl iptables tcpdump xargs base64 ' +
      'xxd hexdump printenv traceroute tracert certutil bitsadmin rundll32 regsvr32 mshta wmic tasklist taskkill systeminfo ' +
      'schtasks socat openssl killall pkill pgrep lsof dpkg apt-get yum gawk mawk rlwrap tclsh nmap msfvenom scp rsync ' +
      'bzip2 gunzip zcat bzcat dmesg adduser getent insmod modprobe findstr cscript wscript installutil msbuild iex gzip ' +
      'unzip awk sed grep egrep fgrep tee usleep',
  ],
  [
    SHORT,
    'id ls ps pwd env cat tac nc sh ash dash csh ping ping6 arp ip df du nl od dd rev w ln vi vim nano dir ver ' +
      'ssh ftp dig hostname printf su uptime gcc apk rpm apt tar zip gci gwmi iwr sysinfo poweroff ss lscpu lsblk',
  ],
  [
    ENGLISH,
    'set sleep at cut head tail more less find sort touch kill date host who last history export source type ' +
      'copy time watch route mount free top expr test cal man strings file stat split diff reboot shutdown halt init read ' +
      'which whereis locate paste fold join look wall write mail pg column nice jobs alias declare',
  ],
  [
    BUILDER,
    'mkdir cp mv git make npm npx yarn pnpm pip pip3 go java docker kubectl cargo cd rm echo cross-env ' +
      'python perl ruby lua php node',
  ],
  [
    WINDOWS,
    'reg net net1 sc del erase rd rmdir ren move xcopy attrib icacls tree start explorer md format for cmd gpresult ' +
      'netsh forfiles assoc msiexec vssadmin nltest dsquery query qwinsta cacls takeown',
  ],
  [WRAPPER, 'sudo exec eval nohup timeout busybox command builtin doas xvfb-run stdbuf setsid call'],
];

const KINDS = new Map<string, CommandKind>();
for (const [kind, names] of NAMES) for (const name of names.split(' ')) KINDS.set(name, kind);

/** Words of English that show or do something with nothing behind them; the others wait for input, or complain. */
const COMPLETE_ALONE: ReadonlySet<string> = new Set(
  'date who last history export set top free mount route jobs alias declare reboot shutdown halt find cal time'.split(
    ' ',
  ),
);

/** Second words that make a command of a first one which is also a word. */
const SUBCOMMANDS: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries({
    net: 'user view localgroup share group accounts use start',
    net1: 'user view localgroup share group accounts use',
    reg: 'query add delete save export import',
    sc: 'query stop start create config delete qc',
    netsh: 'advfirewall firewall wlan interface winhttp trace',
    vssadmin: 'list create delete',
    ip: 'addr a route r link neigh',
    ps: 'aux axu ax ef',
    apt: 'install list update',
    init: '0 6',
    tar: 'cf czf cvf cvzf czvf xf xzf xvf xvzf xzvf zcf zcvf zxvf',
    query: 'user session',
    expr: 'substr length index match',
  }).map(([name, words]) => [name, new Set(words.split(' '))]),
);

/** PowerShell's approved verbs (Get-Verb) before a noun. */
const CMDLET =
  /^(?:get|set|start|stop|new|remove|invoke|add|copy|import|export|out|test|restart)-(?:childitem|content|process|service|item|itemproperty|location|command|computerinfo|wmiobject|ciminstance|executionpolicy|localuser|localgroup\w{0,8}|netipaddress|nettcpconnection|eventlog|psdrive|acl|ad(?:user|computer|group)|job|object|expression|webrequest|restmethod|file|mppreference|computer|wmimethod|scheduledtask|help|host|sleep|alias|hotfix|variable|history|module|clipboard|transcript)$/;

/** The kind of a lower-case name without its path; undefined for what is no command. */
export function commandKind(name: string): CommandKind | undefined {
  const bare = name.endsWith('.exe') ? name.slice(0, -4) : name;
  const kind = KINDS.get(bare);
  if (kind !== undefined) return kind;
  if (/^(?:python|perl|ruby|php|node|lua)[0-9.]{1,4}$/.test(bare)) return BUILDER;
  return CMDLET.test(bare) ? TOOL : undefined;
}

/** Whether `name`, a word of English, is a whole command by itself. */
export function isCompleteAlone(name: string): boolean {
  return COMPLETE_ALONE.has(name);
}

/** Whether `word` is a subcommand that tells `name` from the word of English. */
export function isSubcommand(name: string, word: string): boolean {
  return SUBCOMMANDS.get(name)?.has(word) ?? false;
}
