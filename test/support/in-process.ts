import { vi } from 'vitest'
import { runProgram } from '../../src/cli/program.ts'
import type { CliEnd } from './cli.ts'

/** How a command is carried out in the process of its test. */
export interface InProcessOptions {
  readonly cwd: string
  /** What names an org. Of the test's own environment only what names none is there too; HOME is the working directory. */
  readonly env?: Readonly<Record<string, string>>
}

/** Variables that decide which org is talked to, and how. */
const decides = /^OKTA_|_PROXY$|^NODE_(?:EXTRA_CA_CERTS|TLS_REJECT_UNAUTHORIZED)$/i

/** How wide help is printed, so that it can be compared. */
const columns = 100

/**
 * Carries out a command line in this process: for what is refused before its work begins, for help, and for commands
 * that only read. It takes milliseconds, where a process takes a second. The working directory, the environment and the
 * standard streams belong to the whole process: one at a time, so never in a concurrent test.
 */
export async function runInProcess(args: readonly string[], options: InProcessOptions): Promise<CliEnd> {
  if (vi.isMockFunction(process.stdout.write)) {
    throw new Error('Another command is carried out in this process now: is the test a concurrent one?')
  }
  const before = process.cwd()
  const printed = { stdout: '', stderr: '' }
  for (const name of Object.keys(process.env)) if (decides.test(name)) vi.stubEnv(name, undefined)
  vi.stubEnv('HOME', options.cwd)
  for (const [name, value] of Object.entries(options.env ?? {})) vi.stubEnv(name, value)
  const captures = [
    capture('stdout', printed),
    capture('stderr', printed),
    // yargs prints help and version this way.
    vi.spyOn(console, 'log').mockImplementation((text: unknown) => {
      printed.stdout += `${text}\n`
    }),
  ]
  process.chdir(options.cwd)
  try {
    const code = await runProgram(args, columns)
    return { code, signal: null, ...printed }
  } finally {
    process.chdir(before)
    for (const spy of captures) spy.mockRestore()
    vi.unstubAllEnvs()
  }
}

/** Keeps what is written to a standard stream, in place of writing it. */
function capture(name: 'stdout' | 'stderr', printed: Record<typeof name, string>) {
  return vi.spyOn(process[name], 'write').mockImplementation((chunk, encoding, callback) => {
    printed[name] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8')
    const done = typeof encoding === 'function' ? encoding : callback
    if (done !== undefined) process.nextTick(done)
    return true
  })
}
