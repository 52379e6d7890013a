#!/usr/bin/env node
import { keepHeapSmall } from './cli/memory.ts'
import { runProgram } from './cli/program.ts'
import { leaveLostTerminals } from './cli/terminal/lost-terminal.ts'
import { parseSystemError } from './files/system-error.ts'
import { type ExitCode, exitCodes } from './messages/known-error.ts'

/** How a stream says that nobody reads it any more. */
const gone: ReadonlySet<unknown> = new Set(['EPIPE', 'ECONNRESET', 'EIO'])

/** Carries out the command line of this process, and leaves its exit code. */
async function main(argv: readonly string[]): Promise<void> {
  let code: ExitCode = exitCodes.done
  let answerLost = false
  const finish = (ended: ExitCode): void => {
    code = ended
    process.exitCode = answerLost && ended === exitCodes.done ? exitCodes.someoneMustLook : ended
  }
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // The reader has left, or the terminal. A run that is at work stops in good order, which is its own affair; the others
    // have their answer by then.
    if (gone.has(error.code)) return
    answerLost = true
    finish(code)
    const why = parseSystemError(error)?.why ?? error.message
    process.stderr.write(
      `Standard output can't be written: ${why}. The reports of a run are in its directory.\n`,
    )
  })
  // Nobody is left who could be told of it.
  process.stderr.on('error', () => {})
  finish(await runProgram(argv, process.stdout.columns ?? 100))
}

leaveLostTerminals()
keepHeapSmall()
await main(process.argv.slice(2))
