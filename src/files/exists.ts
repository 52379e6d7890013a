import { stat } from 'node:fs/promises'

/** Whether a path is there. @throws what the system says when it can't be found out */
export async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // "Could not find out" is never taken for "there is none".
    if (code === 'ENOENT' || code === 'ENOTDIR') return false
    throw error
  }
}
