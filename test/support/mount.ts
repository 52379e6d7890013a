import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, rmdirSync, rmSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** A file system that a test has put at a directory of its own. */
export interface Mounted {
  /** Mounts it anew with other options: `size=8m`, `ro`. */
  remount(options: string): Promise<void>
}

/** A file system on a disk of its own, which can break. */
export interface MountedDisk {
  /** The disk fails, as far as the system can tell: from now on all is read-only, also what is open for writing. */
  breakDown(): Promise<void>
  /** A new start of the system: what was synced is there again. */
  fix(): Promise<void>
}

/** Why no file system in memory can be mounted here; null where it can. */
export const noMemoryMount: string | null = whyNot(['mount', '-t', 'tmpfs', 'tmpfs'])

/** Why no disk can be made of a file here; null where it can. */
export const noDiskMount: string | null = noMemoryMount ?? whyNoDisk()

for (const reason of new Set([noMemoryMount, noDiskMount])) {
  if (reason !== null) console.warn(`Tests of disks that are full or read-only are left out: ${reason}`)
}

/** Mounts a file system in memory for as long as the work takes. */
export async function withMemoryMount<T>(
  directory: string,
  options: string,
  work: (mounted: Mounted) => Promise<T>,
): Promise<T> {
  await mkdir(directory, { recursive: true })
  await execute('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', directory])
  try {
    return await work({
      remount: async (changed) => {
        await execute('mount', ['-o', `remount,${changed}`, directory])
      },
    })
  } finally {
    await execute('umount', ['-l', directory])
  }
}

/** Mounts a disk that is a file beside the directory, for as long as the work takes. */
export async function withDisk<T>(directory: string, work: (disk: MountedDisk) => Promise<T>): Promise<T> {
  const image = `${directory}.disk`
  await makeDisk(image)
  await mkdir(directory, { recursive: true })
  const mount = async (): Promise<void> => {
    await execute('mount', ['-o', 'loop', image, directory])
  }
  await mount()
  try {
    return await work({
      breakDown: async () => {
        await execute('mount', ['-o', 'remount,abort', directory])
      },
      fix: async () => {
        await execute('umount', [directory])
        await mount()
      },
    })
  } finally {
    await execute('umount', ['-l', directory])
    await rm(image, { force: true })
  }
}

async function makeDisk(image: string): Promise<void> {
  await execute('truncate', ['-s', '8M', image])
  await execute('mkfs.ext4', ['-q', '-F', image])
}

function whyNot([command = '', ...args]: readonly string[]): string | null {
  if (process.getuid?.() !== 0) return 'only root may mount'
  const directory = mkdtempSync(join(tmpdir(), 'mount-'))
  try {
    execFileSync(command, [...args, directory], { stdio: 'pipe' })
    execFileSync('umount', [directory], { stdio: 'pipe' })
    return null
  } catch (error) {
    return firstLine(error)
  } finally {
    rmdirSync(directory)
  }
}

function whyNoDisk(): string | null {
  const image = join(mkdtempSync(join(tmpdir(), 'disk-')), 'image')
  try {
    execFileSync('truncate', ['-s', '8M', image], { stdio: 'pipe' })
    execFileSync('mkfs.ext4', ['-q', '-F', image], { stdio: 'pipe' })
    return whyNot(['mount', '-o', 'loop', image])
  } catch (error) {
    return firstLine(error)
  } finally {
    rmSync(join(image, '..'), { recursive: true, force: true })
  }
}

function firstLine(error: unknown): string {
  return String(error).split('\n').slice(0, 2).join(' ')
}
