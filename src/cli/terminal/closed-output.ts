import { fstatSync, writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { exitCodes } from '../../messages/known-error.ts'
import type { StopSwitch } from '../../messages/stop.ts'

/** How often to check that the other end of a socket is still open. */
const lookEveryMs = 250

/** The errors of a write that nobody can read any more. */
const goneCodes: ReadonlySet<unknown> = new Set(['EPIPE', 'ECONNRESET'])

/**
 * Stops the run cleanly, as a signal does, when the reader of standard output or standard error has gone away.
 *
 * A socket (systemd and Node programs use one) is checked now and then by a write of no bytes. Such a write does
 * nothing on a pipe, and Node does not watch the end that it writes to. So a broken pipe shows itself only with the
 * next line of progress, or with the summary, when everything is done and nothing is lost. A stream that was closed
 * from the start does not count: Node opens the null device in its place. Nor does a lost terminal: its writes fail
 * with another error, and SIGHUP ends the programs that depend on it.
 *
 * @returns a function that ends the watching
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
        message: `nobody reads ${name} any more`,
        advice: { kind: 'go_on' },
      })
      if (stopped) say(`Nobody reads ${name} any more. Nothing more is sent; waiting for calls under way.`)
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
  // Node does not make a Socket of a datagram socket, on which a write of no bytes would be a message.
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
