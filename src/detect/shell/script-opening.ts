/**
 * How scripts begin: what nobody finds in front of a break-out, because it is no argument of anything.
 *
 * A value that begins as a command line is a script wherever it is posted (docs/detection.md): settings, manifests and
 * packages are full of them. Here are the openings that do not begin with the name of a known command.
 */
import type { CommandReader } from './command-reader.ts';

/** Loops and conditions of POSIX shells with the word that must follow; variables that are calculated, or read from a command. */
const SHELL_CONTROL =
  /^\s*(?:(?:while|until|for|if)\s[^\n]*?[;\n]\s{0,64}(?:do|then)\b|if\s+!?\s*\[{1,2}\s|set\s+-[a-z]{1,8}\b|export\s+\$\(|\w{3,40}=\$\(\()/;
/** A file that is read in; a program of the project by its path, with an argument or by the ending of scripts. */
const OWN_PROGRAM =
  /^\s*(?:\.\s+[\w./~$-]+|\.{1,2}[\w-]*\/[\w./-]*[\w-]\s+[\w$-]|\.\/[\w./-]{1,64}\.(?:sh|py|pl|rb|js)\s)/;
/** Instructions that are followed by a command line, or were taken out by a `#`; lines that `make` does not print. */
const INSTRUCTION = /^\s*#?\s?(?:(?:run|cmd|entrypoint|then|else|do|@)\s+|@(?=[a-z]))/;
/**
 * PowerShell: a verb and a noun with an argument, a variable that is set, compared or piped, a string into a cmdlet. In its
 * grammar a value of three words is none of these.
 */
const POWERSHELL =
  /^\s*(?:'?&\s+["$]|\(&\s[a-z]|\}\s*(?:else|elseif|catch|finally)\b|\[[a-z][\w.]{2,64}\]::\w|\$env:\w{2,40}\s*=|'?(?:else|try|process|begin|end)\s*\{\s|@?\(?&?\s?[a-z]{2,12}-[a-z]{3,24}\s+["'$(-]|\$(?:[a-z_]\w{2,40}|\{)[\w.:}[\]]*\s+(?:\+?=|-(?:replace|match|eq|ne|like|join|split|is|as|in|f)\b|\|\s)|(?:if|foreach|switch)\s*\(\$|\)\s+-[a-z]{2,12}\s)/;

/** Whether a text begins as a script does. `head` is its start in lower case; linear in it. */
export function opensScript(head: string, reader: CommandReader): boolean {
  if (SHELL_CONTROL.test(head) || OWN_PROGRAM.test(head) || POWERSHELL.test(head)) return true;
  const instruction = INSTRUCTION.exec(head);
  return instruction !== null && reader.namesCommand(head, instruction[0].length);
}
