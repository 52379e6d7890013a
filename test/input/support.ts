import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KnownError } from '../../src/known-error.ts'

/** Writes an input into a directory of its own, hands it to `use`, and removes it again. */
export async function withInput<T>(
  content: string | Buffer,
  use: (file: string) => Promise<T>,
  name = 'leavers.csv',
): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'input-'))
  try {
    const file = join(directory, name)
    await writeFile(file, content)
    return await use(file)
  } finally {
    await rm(directory, { recursive: true })
  }
}

/** All that a generator gives. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

/** The KnownError that the work ends with, its message without the directory of the file. */
export async function knownErrorOf(work: Promise<unknown>): Promise<{ message: string; next: string }> {
  try {
    await work
  } catch (error) {
    if (!(error instanceof KnownError)) throw error
    return { message: error.message.replaceAll(/\S*\/(?=leavers)/g, ''), next: error.next }
  }
  throw new Error('no error was thrown')
}
