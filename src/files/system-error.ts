/** The meaning of the operating system's error codes, for a person. */
const reasons: ReadonlyMap<string, string> = new Map([
  ['ENOSPC', 'the disk is full'],
  ['EDQUOT', 'the disk quota is used up'],
  ['EROFS', 'the file system is read-only'],
  ['EACCES', 'permission denied'],
  ['EPERM', 'permission denied'],
  ['EIO', 'the disk reports an error'],
  ['EMFILE', 'this process can open no more files'],
  ['ENFILE', 'this machine can open no more files'],
  ['ENOENT', 'there is no such file or directory'],
  ['ENOTDIR', 'a part of the path is not a directory'],
  ['EEXIST', 'a file with that name exists'],
  ['EISDIR', 'it is a directory'],
  // Node.js finds this out itself where a file is to be removed.
  ['ERR_FS_EISDIR', 'it is a directory'],
  ['EFTYPE', 'it is not a regular file, but a pipe, a device or a socket'],
  ['ELOOP', 'symbolic links lead in a circle'],
  ['ENAMETOOLONG', 'its name is too long'],
])

/** The fixes for codes that have their own. */
const fixes: ReadonlyMap<string, string> = new Map([
  ['ENOSPC', 'Make room on the disk'],
  ['EDQUOT', 'Make room within the quota'],
  ['EROFS', 'Make the file system writable'],
  ['EACCES', 'Correct the permissions'],
  ['EPERM', 'Correct the permissions'],
  ['EIO', 'Replace or repair the disk'],
  ['ENOENT', 'Check the path'],
  ['ENOTDIR', 'Check the path'],
  ['EEXIST', 'Check the path'],
  ['EISDIR', 'Move it away'],
  ['ERR_FS_EISDIR', 'Move it away'],
  ['EFTYPE', 'Move it away'],
  ['ELOOP', 'Correct the links'],
  ['EMFILE', 'Raise the limit (ulimit -n 1024) or lower --concurrency'],
  ['ENFILE', 'Raise the limit of open files of this machine'],
])

/** An error of the operating system about a file, in words. */
export interface SystemError {
  readonly code: string
  /** `the disk is full (ENOSPC)`. */
  readonly why: string
  /** An imperative that starts a sentence: `Make room on the disk`. */
  readonly fix: string
  /** Null if the system names none, as for a file that is already open. */
  readonly path: string | null
}

/** Parses an error of the operating system; null if it is not one. */
export function parseSystemError(error: unknown): SystemError | null {
  if (!(error instanceof Error)) return null
  const { code, syscall, path } = error as NodeJS.ErrnoException
  if (typeof code !== 'string' || typeof syscall !== 'string') return null
  const reason = reasons.get(code)
  return {
    code,
    why: reason === undefined ? `the system says ${code}` : `${reason} (${code})`,
    fix: fixes.get(code) ?? 'Remove the cause',
    path: path ?? null,
  }
}
