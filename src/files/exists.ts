import { stat } from 'node:fs/promises'

/** Whether a path exists. @throws the system's error when that can't be found out */
export async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // "Could not find out" must never count as "there is none".
    if (code === 'ENOENT' || code === 'ENOTDIR') return false
    throw error
  }
}
