/** Why a file cannot be read, in words for whoever named it. */

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  ENOTDIR: 'a part of its path is no directory',
  EISDIR: 'it is a directory',
  EACCES: 'Ward has no permission to read it',
  EPERM: 'Ward has no permission to read it',
};

/** @param error what the file system threw; other errors speak for themselves */
export function fileFault(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return WORDS[code ?? ''] ?? code ?? message;
}
