import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { readRegular } from '../read-regular.ts'
import { type Holder, parseHolder, unreadableHolder } from './holder.ts'

/** The lock directory of a directory. */
export function holdDirectory(directory: string): string {
  return join(directory, 'lock')
}

/** A numbered hold, in force or released. */
export interface NumberedHold {
  readonly name: string
  readonly number: number
  readonly released: boolean
}

/** All numbered holds of a lock directory. */
export async function readNumbers(lockDirectory: string): Promise<NumberedHold[]> {
  const names = await readdir(lockDirectory)
  return names.flatMap((name) => {
    // No hold of ours ever has more digits, and beyond them numbers can't be told apart.
    const [, number, released] = /^(\d{1,15})(\.released)?$/.exec(name) ?? []
    return number === undefined ? [] : [{ name, number: Number(number), released: released !== undefined }]
  })
}

/** The hold that counts: the one with the highest number. Of two with the same number, the one that is not released. */
function highestOf(holds: readonly NumberedHold[]): NumberedHold | null {
  const [highest] = holds.toSorted((a, b) => b.number - a.number || Number(a.released) - Number(b.released))
  return highest ?? null
}

/** The path of the file for the signs of life of a number's holder. */
export function signPath(lockDirectory: string, number: number): string {
  return join(lockDirectory, `${number}.sign`)
}

/** The holder of a number, and its last sign of life. */
export interface Held {
  readonly number: number
  readonly holder: Holder
  /** Changes with each sign; empty before the first. */
  readonly sign: string
}

/**
 * The present holder of a lock directory; null if there is none, or if a power cut left the file unreadable before there was
 * a sign of life. With a sign, somebody may be at work whose file was damaged since.
 */
export async function readHeld(lockDirectory: string): Promise<Held | null> {
  const highest = highestOf(await readNumbers(lockDirectory))
  if (highest === null || highest.released) return null
  const text = await readIfThere(join(lockDirectory, highest.name))
  if (text === null) return null
  const holder = parseHolder(text)
  const sign = (await readIfThere(signPath(lockDirectory, highest.number))) ?? ''
  if (holder === null && sign === '') return null
  return { number: highest.number, holder: holder ?? unreadableHolder, sign }
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readRegular(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
