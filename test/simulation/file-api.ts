import { constants } from 'node:fs'
import type { Disk, SimFile, SimNode } from './disk.ts'
import { systemError } from './disk.ts'

/** A descriptor of an open file. */
export interface Descriptor {
  readonly fd: number
  readonly node: SimNode
  readonly path: string
  readonly appends: boolean
  /** The length of the file when it was opened. */
  readonly lengthBefore: number
  position: number
  /** When its last sync ended, in virtual ms. */
  syncedAt: number
}

/** How long a process may be kept from going on between two calls of the system, in virtual ms. */
const sameMomentMs = 20

/** Runs a call of the system that takes time. The effect comes at its end; what began before a power loss never ends. */
export type Syscall = <T>(name: string, effect: () => T, prepare?: () => void) => Promise<T>

type Flags = string | number | undefined

/** Descriptors begin where no real one is. */
const firstDescriptor = 1_000_000_000

/** `node:fs` and `node:fs/promises` over a simulated disk, as far as the program uses them. */
export class FileApi {
  readonly #disk: Disk
  readonly #call: Syscall
  readonly #open = new Map<number, Descriptor>()
  readonly #now: () => number
  #descriptors = firstDescriptor
  #temporary = 0
  /** Called for each write, with the file and the offset of its end. */
  onWrite: (path: string, file: SimFile, bytes: Buffer, at: number) => void = () => {}

  /** Called for each file of which something is cut off, with its new length. */
  onCut: (path: string, length: number) => void = () => {}

  /** For a planted bug: files whose syncs do nothing. */
  skipsSync: (path: string) => boolean = () => false

  /** @param now virtual ms */
  constructor(disk: Disk, call: Syscall, now: () => number) {
    this.#disk = disk
    this.#call = call
    this.#now = now
  }

  isDescriptor(fd: unknown): fd is number {
    return typeof fd === 'number' && fd >= firstDescriptor
  }

  readonly promises = {
    open: (path: string, flags?: Flags): Promise<SimHandle> =>
      this.#call('open', () => new SimHandle(this, this.#openNow(path, flags ?? 'r'))),
    rename: (from: string, to: string): Promise<void> =>
      this.#call('rename', () => {
        this.#disk.mayChange('rename', from)
        const node = this.#disk.get(from, 'rename')
        const [source, target] = [this.#disk.place(from, 'rename'), this.#disk.place(to, 'rename')]
        if (source.directory === target.directory) {
          this.#disk.change(source.directory, [
            [source.name, null],
            [target.name, node],
          ])
          return
        }
        this.#disk.change(target.directory, [[target.name, node]])
        this.#disk.change(source.directory, [[source.name, null]])
      }),
    unlink: (path: string): Promise<void> => this.#call('unlink', () => this.#remove(path, 'unlink')),
    mkdtemp: (prefix: string): Promise<string> =>
      this.#call('mkdtemp', () => {
        const path = `${prefix}${this.#temporary++}`
        this.#disk.createDirectory(path)
        return path
      }),
    rm: (path: string, options?: { readonly force?: boolean }): Promise<void> =>
      this.#call('rm', () => {
        if (options?.force === true && this.#disk.find(path) === null) return
        this.#remove(path, 'rm')
      }),
    link: (from: string, to: string): Promise<void> =>
      this.#call('link', () => {
        this.#disk.mayWrite('link', to)
        const node = this.#disk.get(from, 'link')
        if (this.#disk.find(to) !== null) throw systemError('EEXIST', 'link', to)
        const { directory, name } = this.#disk.place(to, 'link')
        this.#disk.change(directory, [[name, node]])
      }),
    mkdir: (path: string, options?: { readonly recursive?: boolean }): Promise<void> =>
      this.#call('mkdir', () => {
        if (options?.recursive !== true) return this.#disk.createDirectory(path)
        let above = ''
        for (const part of path.split('/').filter((name) => name !== '')) {
          above += `/${part}`
          if (this.#disk.find(above) === null) this.#disk.createDirectory(above)
        }
      }),
    readdir: (path: string): Promise<string[]> =>
      this.#call('scandir', () => [...this.#disk.directory(path, 'scandir').names.keys()].sort()),
    readFile: (path: string, encoding?: unknown): Promise<string | Buffer> =>
      this.#call('open', () => {
        const { bytes } = this.#disk.file(path, 'open')
        return encoding === undefined ? Buffer.from(bytes) : bytes.toString('utf8')
      }),
    writeFile: (path: string, data: string | Buffer): Promise<void> =>
      this.#call('open', () => {
        const opened = this.#openNow(path, 'w')
        this.writeNow(opened, Buffer.from(data), 0)
        this.#open.delete(opened.fd)
      }),
    appendFile: (path: string, data: string | Buffer): Promise<void> =>
      this.#call('open', () => {
        const opened = this.#openNow(path, 'a')
        this.writeNow(opened, Buffer.from(data), null)
        this.#open.delete(opened.fd)
      }),
    copyFile: (from: string, to: string): Promise<void> =>
      this.#call('copyfile', () => {
        const { bytes } = this.#disk.file(from, 'copyfile')
        const opened = this.#openNow(to, 'w')
        this.writeNow(opened, Buffer.from(bytes), 0)
        this.#open.delete(opened.fd)
      }),
    stat: (path: string, options?: StatOptions): Promise<SimStats> =>
      this.#call('stat', () => statsOf(this.#disk.get(path, 'stat'), options)),
    // There are no symbolic links on the simulated disk.
    lstat: (path: string): Promise<SimStats> =>
      this.#call('lstat', () => statsOf(this.#disk.get(path, 'lstat'))),
    realpath: (path: string): Promise<string> =>
      this.#call('realpath', () => {
        this.#disk.get(path, 'realpath')
        return path
      }),
  }

  /** The same call with another set of methods would be `fs.writeSync`. */
  writeSync(fd: number, bytes: Buffer, at: number | null | undefined): number {
    return this.writeNow(this.#descriptor(fd), bytes, at ?? null)
  }

  /** Takes no time. */
  statSync(path: string, options?: StatOptions): SimStats {
    return statsOf(this.#disk.get(path, 'stat'), options)
  }

  /**
   * Takes no time. In reality another process may write between this look and the write that follows. Here it has done so
   * before, and once for each file it is not seen: only a look right after a sync shows what is there for certain.
   */
  fstatSync(fd: number): SimStats {
    const opened = this.#descriptor(fd)
    const { node } = opened
    const stats = statsOf(node)
    if (node.kind === 'directory' || !opened.appends || node.writtenBy === fd) return stats
    const isMissed =
      !node.wasMissed && this.#now() - node.writtenAt <= sameMomentMs && this.#now() > opened.syncedAt
    const size = Math.max(opened.lengthBefore, node.writtenFrom)
    if (!isMissed || size >= node.length) return stats
    node.wasMissed = true
    return { ...stats, size }
  }

  /** The text that lies in the system's cache, for whoever looks at the disk from outside. */
  read(path: string): Buffer | null {
    const node = this.#disk.find(path)
    return node?.kind === 'file' ? Buffer.from(node.bytes) : null
  }

  /** All files below a directory, by path, with their texts. */
  texts(path: string): [path: string, text: string][] {
    const node = this.#disk.find(path)
    if (node === null) return []
    if (node.kind === 'file') return [[path, node.bytes.toString('utf8')]]
    return [...node.names.keys()].flatMap((name) => this.texts(`${path}/${name}`))
  }

  /** When a file was last written, in virtual ms; null if there is none. */
  writtenAt(path: string): number | null {
    const node = this.#disk.find(path)
    return node?.kind === 'file' ? node.writtenAt : null
  }

  async *chunks(path: string, start: number, most: number): AsyncGenerator<Buffer> {
    const file = await this.#call('open', () => this.#disk.file(path, 'open'))
    for (let at = start; ; ) {
      const from = at
      const chunk = await this.#call('read', () => Buffer.from(file.bytes.subarray(from, from + most)))
      if (chunk.length === 0) return
      at += chunk.length
      yield chunk
    }
  }

  call<T>(name: string, effect: () => T): Promise<T> {
    return this.#call(name, effect)
  }

  begin(opened: Descriptor): () => void {
    const { node, path } = opened
    if (this.skipsSync(path)) return () => {}
    const end = node.kind === 'file' ? node.beginSync() : this.#disk.beginSync(node)
    return () => {
      end()
      opened.syncedAt = this.#now()
    }
  }

  mayWrite(syscall: string): void {
    this.#disk.mayWrite(syscall)
  }

  close(fd: number): void {
    if (!this.#open.delete(fd)) throw systemError('EBADF', 'close')
  }

  isOpen(fd: number): boolean {
    return this.#open.has(fd)
  }

  writeNow(opened: Descriptor, bytes: Buffer, at: number | null): number {
    const { node, path } = opened
    if (node.kind === 'directory') throw systemError('EISDIR', 'write')
    this.#disk.mayWrite('write')
    const where = opened.appends ? node.length : (at ?? opened.position)
    node.writtenFrom = node.length
    node.write(bytes, where)
    node.writtenAt = this.#now()
    node.writtenBy = opened.fd
    if (at === null) opened.position = where + bytes.length
    this.onWrite(path, node, bytes, where)
    return bytes.length
  }

  #descriptor(fd: number): Descriptor {
    const opened = this.#open.get(fd)
    if (opened === undefined) throw systemError('EBADF', 'write')
    return opened
  }

  #openNow(path: string, flags: Flags): Descriptor {
    // The only numbers that the program uses are those of its files for appending, of the one beside a journal, and those
    // for reading.
    const has = (flag: number): boolean => typeof flags === 'number' && (flags & flag) !== 0
    const mode = has(constants.O_APPEND)
      ? 'a+'
      : has(constants.O_CREAT)
        ? 'create'
        : typeof flags === 'number'
          ? 'r'
          : String(flags)
    const mustBeThere =
      mode === 'r' || mode === 'r+' || (typeof flags === 'number' && !has(constants.O_CREAT))
    const known = this.#disk.find(path)
    let node: SimNode
    if (mustBeThere) node = this.#disk.get(path, 'open')
    else {
      if (mode.includes('x') && known !== null) throw systemError('EEXIST', 'open', path)
      node = known ?? this.#disk.createFile(path)
    }
    if (mode !== 'r') this.#disk.mayChange('open', path)
    if (mode.startsWith('w') && node.kind === 'file' && node.length > 0) node.truncate(0)
    const opened: Descriptor = {
      fd: this.#descriptors++,
      node,
      path,
      appends: mode.startsWith('a'),
      lengthBefore: node.kind === 'file' ? node.length : 0,
      position: 0,
      syncedAt: this.#now(),
    }
    this.#open.set(opened.fd, opened)
    return opened
  }

  #remove(path: string, syscall: string): void {
    this.#disk.mayChange(syscall, path)
    this.#disk.get(path, syscall)
    const { directory, name } = this.#disk.place(path, syscall)
    this.#disk.change(directory, [[name, null]])
  }
}

interface StatOptions {
  readonly bigint?: boolean
}

interface SimStats {
  readonly size: number | bigint
  readonly dev: number | bigint
  readonly ino: number | bigint
  readonly nlink: number
  readonly mtimeMs: number
  readonly ctimeMs: number
  readonly birthtimeMs: number
  isFile(): boolean
  isDirectory(): boolean
  isSymbolicLink(): boolean
  isFIFO(): boolean
}

function statsOf(node: SimNode, { bigint = false }: StatOptions = {}): SimStats {
  const given = (number: number): number | bigint => (bigint ? BigInt(number) : number)
  return {
    size: given(node.kind === 'file' ? node.length : 0),
    dev: given(1),
    ino: given(node.number),
    nlink: 1,
    mtimeMs: 0,
    ctimeMs: node.number,
    birthtimeMs: node.number,
    isFile: () => node.kind === 'file',
    isDirectory: () => node.kind === 'directory',
    isSymbolicLink: () => false,
    isFIFO: () => false,
  }
}

/** A `FileHandle` of the simulated disk, with the methods that the program uses. */
class SimHandle {
  readonly #api: FileApi
  readonly #opened: Descriptor

  constructor(api: FileApi, opened: Descriptor) {
    this.#api = api
    this.#opened = opened
  }

  get fd(): number {
    return this.#opened.fd
  }

  stat(options?: StatOptions): Promise<SimStats> {
    return this.#api.call('fstat', () => statsOf(this.#opened.node, options))
  }

  readFile(encoding?: unknown): Promise<Buffer | string> {
    return this.#api.call('read', () => {
      const { node } = this.#opened
      if (node.kind === 'directory') throw systemError('EISDIR', 'read')
      return encoding === undefined ? Buffer.from(node.bytes) : node.bytes.toString('utf8')
    })
  }

  chmod(): Promise<void> {
    return this.#api.call('fchmod', () => {})
  }

  truncate(length: number): Promise<void> {
    return this.#api.call('ftruncate', () => {
      const { node, path } = this.#opened
      if (node.kind === 'file') node.truncate(length)
      this.#api.onCut(path, length)
    })
  }

  sync(): Promise<void> {
    const end = this.#api.begin(this.#opened)
    return this.#api.call('fsync', end)
  }

  datasync(): Promise<void> {
    const end = this.#api.begin(this.#opened)
    return this.#api.call('fdatasync', end)
  }

  appendFile(data: string | Buffer): Promise<void> {
    return this.#api.call('write', () => {
      this.#api.writeNow(this.#opened, Buffer.from(data), null)
    })
  }

  write(buffer: Buffer, offset: number, length: number, position: number): Promise<{ bytesWritten: number }> {
    const bytes = Buffer.from(buffer.subarray(offset, offset + length))
    return this.#api.call('write', () => ({
      bytesWritten: this.#api.writeNow(this.#opened, bytes, position),
    }))
  }

  read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ bytesRead: number; buffer: Buffer }> {
    return this.#api.call('read', () => {
      const { node } = this.#opened
      if (node.kind === 'directory') throw systemError('EISDIR', 'read')
      const bytes = node.bytes.subarray(position, position + length)
      return { bytesRead: bytes.copy(buffer, offset), buffer }
    })
  }

  close(): Promise<void> {
    return this.#api.call('close', () => this.#api.close(this.#opened.fd))
  }
}
