import { open } from 'node:fs/promises'

/** Makes sure that a file's content, or a directory's names, are on disk. */
export async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
