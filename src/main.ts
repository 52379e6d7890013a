#!/usr/bin/env node
import { codeWithoutAnswer, describeLostAnswer } from './cli/lost-answer.ts'
import { keepHeapSmall } from './cli/memory.ts'
import { runProgram } from './cli/program.ts'
import { leaveLostTerminals } from './cli/terminal/lost-terminal.ts'
import { knownSecretsOf, maskStream } from './cli/terminal/mask-stream.ts'
import { parseSystemError } from './files/system-error.ts'
import type { ExitCode } from './messages/known-error.ts'

/** The errors of a stream that nobody reads any more. */
const gone: ReadonlySet<unknown> = new Set(['EPIPE', 'ECONNRESET', 'EIO'])

/** Carries out the command line of this process and sets the exit code. */
async function main(argv: readonly string[]): Promise<void> {
  let ended: ExitCode | null = null
  let lost: string | null = null
  const finish = (): void => {
    if (ended === null) return
    process.exitCode = lost === null ? ended : codeWithoutAnswer(ended)
    if (lost !== null) process.stderr.write(describeLostAnswer(lost, ended, argv[0]))
  }
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // The reader or the terminal is gone. A run at work notices that itself and stops in good order; other commands
    // have done their work by then.
    if (gone.has(error.code) || lost !== null) return
    lost = parseSystemError(error)?.why ?? error.message
    finish()
  })
  // Nobody is left to read about it.
  process.stderr.on('error', () => {})
  ended = await runProgram(argv, process.stdout.columns ?? 100)
  finish()
}

const secrets = knownSecretsOf(process.env)
maskStream(process.stdout, secrets)
maskStream(process.stderr, secrets)
leaveLostTerminals()
keepHeapSmall()
await main(process.argv.slice(2))
