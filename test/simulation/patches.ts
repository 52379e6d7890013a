import crypto from 'node:crypto'
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import os from 'node:os'
import { Writable } from 'node:stream'
import timers from 'node:timers/promises'
import { Pool } from 'undici'

/** Replaces properties, and puts the old ones back in reverse order. */
export class Patches {
  readonly #undo: (() => void)[] = []

  set(target: object, name: string, value: unknown): void {
    const known = Object.getOwnPropertyDescriptor(target, name)
    Object.defineProperty(target, name, { value, configurable: true, writable: true, enumerable: true })
    this.#later(target, name, known)
  }

  get(target: object, name: string, value: () => unknown): void {
    const known = Object.getOwnPropertyDescriptor(target, name)
    Object.defineProperty(target, name, { get: value, configurable: true, enumerable: true })
    this.#later(target, name, known)
  }

  restore(): void {
    for (const undo of this.#undo.splice(0).reverse()) undo()
    syncBuiltinESMExports()
  }

  #later(target: object, name: string, known: PropertyDescriptor | undefined): void {
    this.#undo.push(() => {
      if (known === undefined) Reflect.deleteProperty(target, name)
      else Object.defineProperty(target, name, known)
    })
  }
}

/** What the patched parts of Node and undici turn to. */
export interface Stage {
  /** Whether a process of the simulation is at work now; else the real things are used. */
  readonly isAtWork: () => boolean
  readonly setTimer: (run: () => void, ms: number, repeats: boolean) => object
  readonly clearTimer: (timer: unknown) => void
  readonly sleep: (ms: number, signal: AbortSignal | undefined) => Promise<void>
  readonly monotonic: () => number
  readonly wall: () => number
  readonly random: () => number
  readonly uuid: () => string
  readonly hostname: () => string
  readonly pid: () => number
  readonly exit: (code: number) => void
  readonly onSignal: (name: string, handler: () => void, on: boolean) => void
  readonly print: (text: string) => void
  readonly files: Readonly<Record<string, (...args: never[]) => unknown>>
  readonly isMyPath: (path: unknown) => boolean
  readonly isMyDescriptor: (fd: unknown) => boolean
  readonly statSync: (path: string, options?: { readonly bigint?: boolean }) => unknown
  readonly fstatSync: (fd: number) => unknown
  readonly writeSync: (fd: number, bytes: Buffer, at: number | null | undefined) => number
  readonly readChunks: (path: string, start: number, most: number) => AsyncGenerator<Buffer>
  readonly dispatch: (options: never, handler: never) => void
}

type Plain = (...args: unknown[]) => unknown

/** Lets the whole process live in the simulation until the patches are restored. */
export function install(stage: Stage): Patches {
  const patches = new Patches()
  patchTimers(patches, stage)
  patchFiles(patches, stage)
  patchCallbacks(patches, stage)
  patchProcess(patches, stage)
  patches.set(crypto, 'randomUUID', () => stage.uuid())
  patches.set(os, 'hostname', () => stage.hostname())
  patches.set(timers, 'setTimeout', (ms: number, _value: unknown, options?: { signal?: AbortSignal }) =>
    stage.sleep(ms, options?.signal),
  )
  patches.set(timers, 'setImmediate', () => stage.sleep(0, undefined))
  patches.set(Math, 'random', () => stage.random())
  patches.set(Pool.prototype, 'dispatch', (options: never, handler: never) => {
    stage.dispatch(options, handler)
    return true
  })
  patches.set(Pool.prototype, 'destroy', async () => {})
  syncBuiltinESMExports()
  return patches
}

function patchTimers(patches: Patches, stage: Stage): void {
  for (const [name, repeats] of [
    ['setTimeout', false],
    ['setInterval', true],
  ] as const) {
    const real = globalThis[name] as unknown as Plain
    patches.set(globalThis, name, (run: () => void, ms = 0, ...rest: unknown[]) =>
      stage.isAtWork() ? stage.setTimer(run, Math.max(1, ms), repeats) : real(run, ms, ...rest),
    )
  }
  const realImmediate = globalThis.setImmediate as unknown as Plain
  patches.set(globalThis, 'setImmediate', (run: () => void, ...rest: unknown[]) =>
    stage.isAtWork() ? stage.setTimer(run, 0, false) : realImmediate(run, ...rest),
  )
  for (const name of ['clearTimeout', 'clearInterval', 'clearImmediate'] as const) {
    const real = globalThis[name] as unknown as Plain
    patches.set(globalThis, name, (timer: unknown) => {
      stage.clearTimer(timer)
      if (!(timer instanceof SimTimer)) real(timer)
    })
  }
  patches.set(performance, 'now', () => stage.monotonic())
  const RealDate = Date
  class SimDate extends RealDate {
    constructor(...args: [] | [value: number | string]) {
      super(args[0] ?? SimDate.now())
    }
    static override now(): number {
      return Math.floor(stage.wall())
    }
  }
  patches.set(globalThis, 'Date', SimDate)
}

/** A timer as Node's, as far as anyone uses it. */
export class SimTimer {
  cancel: () => void = () => {}
  ref(): this {
    return this
  }
  unref(): this {
    return this
  }
  hasRef(): boolean {
    return true
  }
}

function patchFiles(patches: Patches, stage: Stage): void {
  for (const [name, simulated] of Object.entries(stage.files)) {
    const real = Reflect.get(fs.promises, name) as Plain
    patches.set(fs.promises, name, (...args: unknown[]) =>
      stage.isMyPath(args[0]) ? (simulated as Plain)(...args) : real.apply(fs.promises, args),
    )
  }
  const real = {
    writeSync: fs.writeSync as unknown as Plain,
    writevSync: fs.writevSync as unknown as Plain,
    openSync: fs.openSync as unknown as Plain,
    fstatSync: fs.fstatSync as unknown as Plain,
  }
  patches.set(fs, 'writevSync', (fd: number, pieces: readonly Buffer[], at?: number) =>
    stage.isMyDescriptor(fd)
      ? stage.writeSync(fd, Buffer.concat(pieces), at)
      : real.writevSync(fd, pieces, at),
  )
  patches.set(fs, 'writeSync', (fd: number, bytes: Buffer, from = 0, length = bytes.length, at?: number) =>
    stage.isMyDescriptor(fd)
      ? stage.writeSync(fd, bytes.subarray(from, from + length), at)
      : real.writeSync(fd, bytes, from, length, at),
  )
  patches.set(fs, 'openSync', (path: unknown, ...rest: unknown[]) => {
    // Only the log opens a file this way, and it does without where it can't.
    if (stage.isMyPath(path)) throw new Error('There is no log in a simulation.')
    return real.openSync(path, ...rest)
  })
  const { statSync, lstatSync } = fs
  // There are no symbolic links on the simulated disk.
  patches.set(fs, 'lstatSync', (path: string, options?: { readonly bigint?: boolean }) =>
    stage.isMyPath(path) ? stage.statSync(path, options) : lstatSync(path, options),
  )
  patches.set(fs, 'statSync', (path: string, options?: { readonly bigint?: boolean }) =>
    stage.isMyPath(path) ? stage.statSync(path, options) : statSync(path, options),
  )
  patches.set(fs, 'fstatSync', (fd: number, ...rest: unknown[]) =>
    stage.isMyDescriptor(fd)
      ? stage.fstatSync(fd)
      : stage.isAtWork()
        ? { isSocket: () => false }
        : real.fstatSync(fd, ...rest),
  )
  const { createReadStream, createWriteStream } = fs
  patches.set(
    fs,
    'createReadStream',
    (path: string, { fd, start = 0, highWaterMark = 65_536, ...more }: ReadOptions = {}) => {
      if (stage.isMyPath(path) && fd !== undefined) return chunksOf(fd, start, highWaterMark)
      return stage.isMyPath(path)
        ? stage.readChunks(path, start, highWaterMark)
        : createReadStream(path, { ...(fd === undefined ? {} : { fd }), start, highWaterMark, ...more })
    },
  )
  patches.set(fs, 'createWriteStream', (path: string, options?: object) =>
    stage.isMyPath(path) ? writeStream(stage, path) : createWriteStream(path, options),
  )
}

interface ReadOptions {
  readonly fd?: fs.promises.FileHandle
  readonly start?: number
  readonly highWaterMark?: number
}

async function* chunksOf(
  handle: fs.promises.FileHandle,
  start: number,
  most: number,
): AsyncGenerator<Buffer> {
  try {
    for (let at = start; ; ) {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(most), 0, most, at)
      if (bytesRead === 0) return
      at += bytesRead
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await handle.close()
  }
}

type Done = (error: unknown, ...answer: unknown[]) => void

/** The calls with callbacks by which a workbook's archive is read. */
function patchCallbacks(patches: Patches, stage: Stage): void {
  const open = stage.files.open as unknown as (path: string, flags: string) => Promise<fs.promises.FileHandle>
  const handles = new Map<unknown, fs.promises.FileHandle>()
  const set = (name: 'open' | 'fstat' | 'read' | 'close', simulated: Plain): void => {
    const real = fs[name] as unknown as Plain
    patches.set(fs, name, (first: unknown, ...rest: unknown[]) =>
      stage.isMyPath(first) || handles.has(first) ? simulated(first, ...rest) : real(first, ...rest),
    )
  }
  const answer = (done: unknown, promise: Promise<unknown[]>): void => {
    promise.then(
      (values) => (done as Done)(null, ...values),
      (error: unknown) => (done as Done)(error),
    )
  }
  const handleOf = (fd: unknown): fs.promises.FileHandle => {
    const handle = handles.get(fd)
    if (handle === undefined) throw new Error('This file is not open.')
    return handle
  }
  set('open', (path, flags, done) =>
    answer(
      done,
      open(String(path), String(flags)).then((handle) => {
        handles.set(handle.fd, handle)
        return [handle.fd]
      }),
    ),
  )
  set('fstat', (fd, done) =>
    answer(
      done,
      handleOf(fd)
        .stat()
        .then((stats) => [stats]),
    ),
  )
  set('read', (fd, buffer, offset, length, position, done) =>
    answer(
      done,
      handleOf(fd)
        .read(buffer as Buffer, Number(offset), Number(length), Number(position))
        .then(({ bytesRead }) => [bytesRead, buffer]),
    ),
  )
  set('close', (fd, done) => {
    const closed = handleOf(fd).close()
    handles.delete(fd)
    answer(
      done,
      closed.then(() => []),
    )
  })
}

function writeStream(stage: Stage, path: string): Writable {
  const open = stage.files.open as unknown as (path: string, flags: string) => Promise<fs.promises.FileHandle>
  const opened = open(path, 'w')
  opened.catch(() => {})
  const handle = (
    work: (file: fs.promises.FileHandle) => Promise<unknown>,
    done: (error?: Error) => void,
  ): void => {
    opened.then(work).then(
      () => done(),
      (error: unknown) => done(error as Error),
    )
  }
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => handle((file) => file.appendFile(chunk), done),
    final: (done) => handle((file) => file.close(), done),
  })
}

function patchProcess(patches: Patches, stage: Stage): void {
  const realPid = process.pid
  patches.get(process, 'pid', () => (stage.isAtWork() ? stage.pid() : realPid))
  for (const [name, on] of [
    ['on', true],
    ['off', false],
  ] as const) {
    const real = process[name].bind(process) as unknown as Plain
    patches.set(process, name, (event: string, handler: () => void) => {
      if (!stage.isAtWork()) return real(event, handler)
      stage.onSignal(event, handler, on)
      return process
    })
  }
  const realExit = process.exit.bind(process)
  patches.set(process, 'exit', (code?: number) => {
    if (!stage.isAtWork()) realExit(code)
    stage.exit(code ?? 0)
  })
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write.bind(stream) as unknown as Plain
    patches.set(stream, 'write', (text: unknown, ...rest: unknown[]) => {
      if (!stage.isAtWork()) return write(text, ...rest)
      stage.print(String(text))
      const accepted = rest.at(-1)
      if (typeof accepted === 'function') queueMicrotask(() => accepted())
      return true
    })
    for (const name of ['on', 'off'] as const) {
      const real = stream[name].bind(stream) as unknown as Plain
      patches.set(stream, name, (...args: unknown[]) => (stage.isAtWork() ? stream : real(...args)))
    }
  }
}
