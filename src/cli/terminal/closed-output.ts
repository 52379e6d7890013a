import { fstatSync, writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { exitCodes } from '../../messages/known-error.ts'
import type { StopSwitch } from '../../messages/stop.ts'

/** How often a socket is asked whether its other end is still there. */
const lookEveryMs = 250

/** What a write says once nobody can read it any more. */
const goneCodes: ReadonlySet<unknown> = new Set(['EPIPE', 'ECONNRESET'])

/**
 * Lets a standard output or standard error whose reader has gone away end the run in good order, as a signal does.
 *
 * A socket (what systemd and programs in Node give) is asked now and then by a write of no bytes. A pipe tells
 * nothing without a write: Node does not watch the end that it writes to, and a write of no bytes does nothing there. There it
 * shows with the next line of progress, or with the summary, when all is done and nothing is lost. A stream that was
 * closed from the start is none of this: Node opens the null device in its place. Nor is a terminal that is gone: its
 * writes fail otherwise, and who is meant to end with it gets SIGHUP.
 *
 * @returns what ends the watching
 */
export function stopOnClosedOutput(stop: StopSwitch, say: (line: string) => void): () => void {
  const streams = [
    ['standard output', process.stdout, 1],
    ['standard error', process.stderr, 2],
  ] as const
  const ends = streams.map(([name, stream, fd]) => {
    const gone = (): void => {
      const stopped = stop.turn({
        state: 'interrupted',
        exitCode: exitCodes.outputClosed,
        message: `the reader of ${name} has gone away`,
        advice: { kind: 'go_on' },
      })
      if (stopped) say(`Nobody reads ${name} any more: nothing more is sent; waiting for what is under way.`)
    }
    return watch(stream, fd, gone)
  })
  return () => {
    for (const end of ends) end()
  }
}

function watch(stream: NodeJS.WriteStream, fd: number, gone: () => void): () => void {
  const onError = (error: NodeJS.ErrnoException): void => {
    if (goneCodes.has(error.code)) gone()
  }
  stream.on('error', onError)
  // Node makes no Socket of a datagram socket, to which no bytes would be a message.
  if (!(stream instanceof Socket) || !fstatSync(fd).isSocket()) return () => stream.off('error', onError)
  const look = (): void => {
    try {
      writeSync(fd, new Uint8Array(0))
    } catch (error) {
      if (goneCodes.has((error as NodeJS.ErrnoException).code)) gone()
    }
  }
  const timer = setInterval(look, lookEveryMs).unref()
  return () => {
    clearInterval(timer)
    stream.off('error', onError)
  }
}
