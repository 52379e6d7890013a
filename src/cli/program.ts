import type { ExitCode } from '../messages/known-error.ts'
import { reportError } from './report-error.ts'

/**
 * Carries out a command line and reports its error, if there is one. It leaves the process itself alone, so that tests
 * can call it too.
 *
 * @param argv the arguments, without the program
 * @param columns how wide help is printed
 */
export async function runProgram(argv: readonly string[], columns: number): Promise<ExitCode> {
  try {
    // This is loaded here and not at the top of the file, so that an error in loading it is reported in words too.
    const { runCommandLine } = await import('./command-line.ts')
    return await runCommandLine(argv, columns)
  } catch (error) {
    return reportError(error, argv.includes('--json'))
  }
}
