import type { Draws } from './draws.ts'

/** Bytes that one write replaced, to be put back if the power fails before a sync. */
interface Unsynced {
  readonly start: number
  readonly end: number
  readonly before: Buffer
}

/** A file: what processes see, and what a power loss would leave of it. */
export class SimFile {
  readonly kind = 'file'
  readonly number: number
  data: Buffer = Buffer.alloc(256)
  length = 0
  syncedLength = 0
  unsynced: Unsynced[] = []
  /** When it was last written, in virtual ms. */
  writtenAt = 0
  /** The descriptor by which it was last written, and the length that it had before. */
  writtenBy = -1
  writtenFrom = 0
  /** Whether a process has written to it without seeing what another one wrote in the same moment. */
  wasMissed = false

  constructor(number: number) {
    this.number = number
  }

  get bytes(): Buffer {
    return this.data.subarray(0, this.length)
  }

  write(bytes: Buffer, at: number): void {
    const end = at + bytes.length
    if (end > this.data.length) {
      const larger = Buffer.alloc(Math.max(end, this.data.length * 2))
      this.data.copy(larger, 0, 0, this.length)
      this.data = larger
    }
    this.unsynced.push({ start: at, end, before: Buffer.from(this.data.subarray(at, end)) })
    bytes.copy(this.data, at)
    this.length = Math.max(this.length, end)
  }

  truncate(length: number): void {
    this.data.fill(0, length)
    this.length = length
    this.syncedLength = Math.min(this.syncedLength, length)
  }

  /** What a sync that begins now will have on disk when it ends. */
  beginSync(): () => void {
    const { unsynced, length } = this
    const until = unsynced.length
    const last = unsynced[until - 1]
    return () => {
      const at = last === undefined ? -1 : this.unsynced.indexOf(last)
      if (at >= 0) this.unsynced = this.unsynced.slice(at + 1)
      this.syncedLength = Math.max(this.syncedLength, Math.min(length, this.length))
    }
  }

  /** Whether bytes up to an offset are on disk. */
  isSynced(end: number): boolean {
    return end <= this.syncedLength
  }

  /** Keeps what was synced. Of the rest, pages stay or go as chance has it. */
  losePower(draws: Draws): void {
    let length = this.syncedLength
    for (const { start, end, before } of this.unsynced.toReversed()) {
      for (let from = start; from < end; ) {
        const to = Math.min(end, (Math.floor(from / pageBytes) + 1) * pageBytes)
        if (draws.chance('page kept', 0.5)) length = Math.max(length, to)
        else before.copy(this.data, from, from - start, to - start)
        from = to
      }
    }
    this.length = Math.min(length, this.length)
    this.data.fill(0, this.length)
    this.unsynced = []
    this.syncedLength = this.length
  }
}

/** Small, so that short journals tear as well. */
const pageBytes = 512

/** A directory: its names, and those that would survive a power loss. */
export class SimDirectory {
  readonly kind = 'directory'
  readonly number: number
  readonly names = new Map<string, SimNode>()
  readonly synced = new Map<string, SimNode>()

  constructor(number: number) {
    this.number = number
  }
}

export type SimNode = SimFile | SimDirectory

/** A change of names that is not on disk yet. */
interface Change {
  readonly directory: SimDirectory
  readonly sets: readonly (readonly [name: string, node: SimNode | null])[]
}

/** The errors that a system reports for a file. */
export function systemError(code: string, syscall: string, path?: string): Error {
  const where = path === undefined ? '' : ` '${path}'`
  return Object.assign(new Error(`${code}: ${syscall}${where}`), {
    code,
    syscall,
    ...(path === undefined ? {} : { path }),
  })
}

/** The disk of a machine. It outlives the processes, and a loss of power takes what was not synced. */
export class Disk {
  readonly root = new SimDirectory(0)
  state: 'well' | 'full' | 'read_only' = 'well'
  /** Counts losses of power: what was under way before one never ends. */
  powerLosses = 0
  #numbers = 1
  #changes: Change[] = []

  /** The node at a path; null if there is none. */
  find(path: string): SimNode | null {
    let node: SimNode = this.root
    for (const name of partsOf(path)) {
      if (node.kind === 'file') throw systemError('ENOTDIR', 'open', path)
      const next: SimNode | undefined = node.names.get(name)
      if (next === undefined) return null
      node = next
    }
    return node
  }

  /** @throws ENOENT */
  get(path: string, syscall: string): SimNode {
    const node = this.find(path)
    if (node === null) throw systemError('ENOENT', syscall, path)
    return node
  }

  file(path: string, syscall: string): SimFile {
    const node = this.get(path, syscall)
    if (node.kind === 'directory') throw systemError('EISDIR', syscall, path)
    return node
  }

  directory(path: string, syscall: string): SimDirectory {
    const node = this.get(path, syscall)
    if (node.kind === 'file') throw systemError('ENOTDIR', syscall, path)
    return node
  }

  /** The directory that holds a path, and the path's last name. */
  place(path: string, syscall: string): { directory: SimDirectory; name: string } {
    const parts = partsOf(path)
    const name = parts.pop()
    if (name === undefined) throw systemError('EPERM', syscall, path)
    return { directory: this.directory(`/${parts.join('/')}`, syscall), name }
  }

  createFile(path: string): SimFile {
    this.mayWrite('open', path)
    const { directory, name } = this.place(path, 'open')
    const file = new SimFile(this.#numbers++)
    this.change(directory, [[name, file]])
    return file
  }

  createDirectory(path: string): void {
    this.mayWrite('mkdir', path)
    const { directory, name } = this.place(path, 'mkdir')
    if (directory.names.has(name)) throw systemError('EEXIST', 'mkdir', path)
    this.change(directory, [[name, new SimDirectory(this.#numbers++)]])
  }

  /** @throws ENOSPC or EROFS */
  mayWrite(syscall: string, path?: string): void {
    if (this.state === 'full') throw systemError('ENOSPC', syscall, path)
    this.mayChange(syscall, path)
  }

  /** Like {@link mayWrite}, for what needs no room. */
  mayChange(syscall: string, path?: string): void {
    if (this.state === 'read_only') throw systemError('EROFS', syscall, path)
  }

  change(directory: SimDirectory, sets: Change['sets']): void {
    apply(directory.names, sets)
    this.#changes.push({ directory, sets })
  }

  /** Puts the names of a directory on disk. */
  beginSync(directory: SimDirectory): () => void {
    const mine = new Set(this.#changes.filter((change) => change.directory === directory))
    return () => {
      for (const change of mine) if (this.#changes.includes(change)) apply(directory.synced, change.sets)
      this.#changes = this.#changes.filter((change) => !mine.has(change))
    }
  }

  /** Everything as it is now is on disk. */
  syncAll(): void {
    for (const { directory, sets } of this.#changes) apply(directory.synced, sets)
    this.#changes = []
    const visit = (node: SimNode): void => {
      if (node.kind === 'file') node.beginSync()()
      else for (const child of node.names.values()) visit(child)
    }
    visit(this.root)
  }

  losePower(draws: Draws): void {
    this.powerLosses++
    // The file system keeps the order of names: a first part of the changes has reached the disk.
    const kept = draws.int('names kept', 0, this.#changes.length)
    for (const { directory, sets } of this.#changes.slice(0, kept)) apply(directory.synced, sets)
    this.#changes = []
    const visit = (node: SimNode): void => {
      if (node.kind === 'file') {
        node.losePower(draws)
        return
      }
      node.names.clear()
      for (const [name, child] of node.synced) node.names.set(name, child)
      for (const child of node.names.values()) visit(child)
    }
    visit(this.root)
  }
}

function apply(names: Map<string, SimNode>, sets: Change['sets']): void {
  for (const [name, node] of sets) {
    if (node === null) names.delete(name)
    else names.set(name, node)
  }
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.')
}
