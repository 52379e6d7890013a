#!/usr/bin/env node
import { keepHeapSmall } from './cli/memory.ts'
import { runProgram } from './cli/program.ts'
import { leaveLostTerminals } from './cli/terminal/lost-terminal.ts'
import { maskStream, secretsOf } from './cli/terminal/mask-stream.ts'
import { parseSystemError } from './files/system-error.ts'
import { type ExitCode, exitCodes } from './messages/known-error.ts'

/** The errors of a stream that nobody reads any more. */
const gone: ReadonlySet<unknown> = new Set(['EPIPE', 'ECONNRESET', 'EIO'])

/** Carries out the command line of this process and sets the exit code. */
async function main(argv: readonly string[]): Promise<void> {
  let code: ExitCode = exitCodes.done
  let answerLost = false
  const finish = (ended: ExitCode): void => {
    code = ended
    process.exitCode = answerLost && ended === exitCodes.done ? exitCodes.someoneMustLook : ended
  }
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // The reader or the terminal is gone. A run at work notices that itself and stops in good order; other commands
    // have done their work by then.
    if (gone.has(error.code)) return
    answerLost = true
    finish(code)
    const why = parseSystemError(error)?.why ?? error.message
    process.stderr.write(
      `Standard output can't be written: ${why}. The reports of a run are in its directory.\n`,
    )
  })
  // Nobody is left to read about it.
  process.stderr.on('error', () => {})
  finish(await runProgram(argv, process.stdout.columns ?? 100))
}

const secrets = secretsOf(process.env)
maskStream(process.stdout, secrets)
maskStream(process.stderr, secrets)
leaveLostTerminals()
keepHeapSmall()
await main(process.argv.slice(2))
