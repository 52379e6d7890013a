/** What the operating system's codes mean, for a person. */
const reasons: ReadonlyMap<string, string> = new Map([
  ['ENOSPC', 'the disk is full'],
  ['EDQUOT', 'the disk quota is used up'],
  ['EROFS', 'the file system is read-only'],
  ['EACCES', 'you are not allowed to'],
  ['EPERM', 'you are not allowed to'],
  ['EIO', 'the disk reports an error'],
  ['EMFILE', 'this process may open no more files'],
  ['ENFILE', 'this machine can open no more files'],
  ['ENOENT', 'there is no such file or directory'],
  ['ENOTDIR', 'a part of the path is not a directory'],
  ['EEXIST', 'a file of that name exists'],
  ['EISDIR', 'it is a directory'],
  ['ENAMETOOLONG', 'its name is too long'],
])

/** What to do about the codes that have a fix of their own. */
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
  ['EMFILE', 'Raise the limit (ulimit -n 1024) or lower --concurrency'],
  ['ENFILE', 'Raise the limit of open files of this machine'],
])

/** An error with which the operating system refused something about a file, in words. */
export interface SystemError {
  readonly code: string
  /** `the disk is full (ENOSPC)`. */
  readonly why: string
  /** `Make room on the disk`: an imperative that a sentence can go on from. */
  readonly fix: string
  /** Null where the system names none, as for what is open already. */
  readonly path: string | null
}

/** Reads an error of the operating system's; null where it is none. */
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
