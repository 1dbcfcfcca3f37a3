/**
 * What single commands do with the words behind them, as far as it tells a command line from a sentence: who takes the name
 * of a host, who reads a file, which second word makes a command of two words. After POSIX.1-2017, the manuals of the
 * programs, and Microsoft's reference of commands.
 */

const setOf = (names: string): ReadonlySet<string> => new Set(names.split(' '));

/** Take a host by its name. */
export const NETWORK = setOf(
  'curl wget lynx w3m nslookup dig host ping ping6 traceroute tracert pathping telnet tftp ssh scp sftp ftp lftp nc ncat netcat ' +
    'nmap whois mtr socat rsync axel aria2c',
);
/** Show a file or take it away. */
export const READERS = setOf('cat tac nl od vi vim nano more less head tail type del erase strings');
/** Take a folder. */
export const LISTERS = setOf('ls dir find rm du cd tree');
/** Words that are commands of Windows with a switch behind them. */
export const SWITCHED = setOf('dir ver shutdown timeout set sort type tree find copy more date time at');
/** Run what they are given. */
export const SHELLS = setOf('sh bash ash dash zsh ksh csh tcsh powershell pwsh cmd');
/** Programs of the desktop that testers start. */
export const DESKTOP = setOf(
  'calc.exe notepad.exe explorer.exe mspaint.exe regedit.exe taskmgr.exe whoami.exe ipconfig.exe net.exe',
);
/** No words of any language, and whole commands by themselves. */
export const ALONE = setOf(
  'whoami ifconfig printenv tasklist systeminfo netstat uname ipconfig lsof iptables crontab hostnamectl lscpu lsblk dmesg lastlog ' +
    'lsb_release driverquery qwinsta poweroff getent nbtstat gpresult sysinfo',
);
/** Change or show something with plain words behind them, where a bracket or a separator says that they are run. */
export const PLAIN = setOf(
  'rm cp mv mkdir rmdir touch echo printf which expr exit cat ls ping nc wget curl nslookup kill cd net sleep timeout start copy ' +
    'del id whoami pwd ps env set ver uname',
);

const CONTAINER = /^(?:(?:ps|images)$|(?:run|exec|inspect|cp|logs)\s+(?:-|\S+[:/]))/;
const ACCOUNT = /^[\w-]{1,32}$/;
const NET =
  /^(?:user|localgroup|view|share|accounts|group|use|start)(?:\s+administrators?|.{0,64}\/add|\s*$)/;
const PROGRAM = /^(?:nc|ncat|netcat|curl|wget|python\d?|perl|gcc|bash|php|ls|passwd|ssh)$/;

/** By name, how the arguments of a command begin that are words alone. */
const ARGUMENTS: ReadonlyMap<string, RegExp> = new Map([
  ['docker', CONTAINER],
  ['podman', CONTAINER],
  ['kubectl', /^(?:get|exec|run|cp)\b/],
  ['dpkg', /^-/],
  ['openssl', /^s_client\b/],
  ['git', /^(?:-c\b|--upload-pack\b)/],
  [
    'powershell',
    /^(?:(?:get|set|start|stop|new|remove|invoke|add|import|test)-[a-z]{3,24}(?:$|\s+[-$"'\\/])|(?:ls|dir|whoami|hostname|ipconfig|gci|gc|cat)\b)/,
  ],
  ['start', /^(?:calc|notepad|cmd)\b/],
  ['netsh', /^\w+\s+(?:show|set|add)\b/],
  ['sc', /^(?:query|create|config|qc)\b/],
  ['kill', /^-\d/],
  ['killall', /^-\d/],
  ['dd', /^[io]f=/],
  ['su', /^-/],
  ['ip', /^(?:a|addr|route|r|link|neigh)\b/],
  ['ps', /^(?:(?:aux|axu|ax|ef)$|-)/],
  ['wmic', /^\w+\s+(?:get|list|call)\b/],
  ['which', PROGRAM],
  ['whereis', PROGRAM],
  ['locate', PROGRAM],
  ['chmod', /^(?:[0-7]{3,4}|[ugoa]{0,3}[+=][rwxst]{1,3})\s+\S{1,96}$/],
  ['useradd', ACCOUNT],
  ['adduser', ACCOUNT],
  ['userdel', ACCOUNT],
  ['busybox', /^(?:nc|wget|sh|ash|ls|id|cat|telnetd|whoami)\b/],
  ['route', /^print\b/],
  ['for', /^\/[fdrl]\s/],
  ['systemctl', /^(?:stop|start|restart|disable|enable|status)\s+[\w@.-]+$/],
  ['service', /^(?:--status-all|\w+\s+(?:stop|start|restart|status)$)/],
  ['net', NET],
  ['net1', NET],
  ['reg', /^(?:add|query|save|export|delete)\s+["']?hk/],
  ['init', /^[0-6]$/],
  ['crontab', /^-/],
]);

/** Whether `rest`, what stands behind the name of a command, begins as only its arguments do. */
export function isKnownArgument(name: string, rest: string): boolean {
  return ARGUMENTS.get(name)?.test(rest) ?? false;
}
