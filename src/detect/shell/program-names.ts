/**
 * Names of programs that only a command line has a reason to call: together with a path, an address, a flag or a switch they
 * are one. Programs of Unix after POSIX.1-2017, GNU coreutils, util-linux and the manuals of the interpreters and clients
 * themselves; of Windows after Microsoft's reference of commands.
 */

const UNIX =
  'lynx w3m aria2c axel sqlite3 mysql mysqldump psql redis-cli mongo mongosh memcached gdb lldb strace ltrace valgrind ' +
  'tmux byobu unbuffer ansible ansible-playbook puppet vagrant terraform helm podman nsenter unshare chroot capsh ' +
  'setfacl getfacl chattr lsattr setcap getcap losetup fdisk parted mkfs mkswap blkid fuser lastlog lastb hostnamectl loginctl ' +
  'journalctl timedatectl lsb_release logname whois mtr arping hping3 nbtscan smbclient rpcclient ldapsearch ldapmodify ' +
  'snmpwalk snmpget rlogin rsh rexec sftp lftp ncftp ftpget ftpput lwp-download lwp-request sshpass autossh ssh-keygen ssh-keyscan ssh-agent svn hg cvs gem bundle bundler ' +
  'composer pipx easy_install cpan luarocks opam dotnet jrunscript jjs jshell groovy irb pry rake erl elixir julia octave rscript ' +
  'ghci runghc guile racket sbcl emacs ed rview rvim nvim pico mutt mailx sendmail exim logger pv dialog whiptail xdotool xclip xsel ' +
  'xterm gnuplot convert mogrify ffmpeg ffprobe gs pdflatex latex xelatex lualatex dvips pandoc base32 basenc cksum comm csplit fmt ' +
  'md5sum sha1sum sha256sum sha512sum mknod mktemp readlink realpath seq shred shuf stty truncate uniq unlink usleep vdir xz lzma ' +
  'bzip zstd 7z 7za rar unrar ar cpio pax zipinfo zgrep zless zmore bzless xzcat dpkg-query rpmquery dnf zypper pacman snap ' +
  'flatpak chkconfig update-rc.d rc-service initctl sysctl modinfo depmod lsmod groupadd groupmod userdel deluser chpasswd chsh ' +
  'chfn visudo vipw iconv hd jq yq ip6tables nft ufw firewall-cmd ethtool iwconfig iw route6 tshark dumpcap ngrep websocat ' +
  'chisel proxychains torsocks nikto sqlmap hashcat msfconsole gcore rev tr mkpasswd run-parts start-stop-daemon ' +
  'systemd-run pkexec runuser setarch ionice taskset flock ld.so ldconfig ldd objdump readelf watchman find2perl';

const WINDOWS =
  'atbroker bginfo certoc certreq cmdkey cmstp csc desktopimgdownldr diantz diskshadow dnscmd esentutl eventvwr extexport ' +
  'extrac32 fltmc gpscript gpupdate hh ieexec ilasm infdefaultinstall jsc makecab mavinject msconfig msdt odbcconf pcalua pcwrun pktmon ' +
  'pnputil presentationhost printbrm psr rasautou rdrleakdiag regasm regedit regini regsvcs rpcping runonce runscripthelper scriptrunner ' +
  'syncappvpublishingserver ttdinject tttracer vbc verclsid wab wbadmin wevtutil winrm winrs winget wsl wsreset wuauclt xwizard procdump ' +
  'psexec sdelete bcdedit cipher driverquery fsutil nbtstat pathping klist setspn ntdsutil dsget csvde ldifde sysprep runas robocopy ' +
  'subst diskpart manage-bde mountvol openfiles pnpunattend relog typeperf tzutil waitfor w32tm ' +
  'ftype logman pushd rasdial rundll tskill logoff netdom dsmod auditpol secedit';

const NAMES: ReadonlySet<string> = new Set([...UNIX.split(' '), ...WINDOWS.split(' ')]);

/** Whether a lower-case name without path and `.exe` is a program of an operating system. */
export function isProgramName(name: string): boolean {
  return NAMES.has(name);
}
