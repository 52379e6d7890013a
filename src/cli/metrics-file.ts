import { lstat, open, readFile, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { replaceFile } from '../files/replacing-file.ts'
import { parseSystemError } from '../files/system-error.ts'
import { type ExitCode, KnownError, Refusal } from '../messages/known-error.ts'
import { metricsHead, renderMetrics, withExitCode } from '../report/metrics.ts'
import type { Summary } from '../report/summary.ts'
import { exitCodeOf } from './report-error.ts'

/** The metrics are collected by another user of the machine than the one who runs the job. */
const readableByAll = 0o644

/**
 * Carries out a command that writes metrics when it ends. If it ends without a summary, the exit code in the metrics
 * of the run before is replaced, so that nobody takes that run's success for this one's.
 *
 * @throws Refusal before anything is done, if metrics could not be written or would replace something else
 */
export async function withMetrics(
  path: string | undefined,
  work: () => Promise<ExitCode>,
): Promise<ExitCode> {
  if (path === undefined) return await work()
  await checkMetricsFile(path)
  const before = await textOf(path)
  try {
    const code = await work()
    // A summary that was written has its own exit code in it.
    if ((await textOf(path)) === before) await replaceExitCode(path, code)
    return code
  } catch (error) {
    await replaceExitCode(path, exitCodeOf(error))
    throw error
  }
}

async function textOf(path: string): Promise<string | null> {
  return await readFile(path, 'utf8').catch(() => null)
}

/** Never throws: the error that ended the command is already reported, and an error of the metrics must not hide it. */
async function replaceExitCode(path: string, code: ExitCode): Promise<void> {
  try {
    await checkMetricsFile(path)
    const before = await readFile(path, 'utf8')
    const after = withExitCode(before, code)
    if (after !== before) await replaceFile(path, after, readableByAll)
  } catch {
    // There are no metrics of an earlier run, or they can't be replaced: whoever watches them sees their age.
  }
}

async function checkMetricsFile(path: string): Promise<void> {
  const directory = await stat(dirname(path)).catch(() => null)
  if (directory?.isDirectory() !== true)
    throw new Refusal(
      `--metrics-file ${path}: ${dirname(path)} is not a directory.`,
      'Name a file in the directory that the node exporter reads (--collector.textfile.directory).',
    )
  const there = await lstat(path).catch(() => null)
  if (there !== null && !there.isFile())
    throw new Refusal(`--metrics-file ${path}: it exists and is not a regular file.`, 'Name another file.')
  const head = await headOf(path)
  if (head !== null && head !== '' && !head.startsWith(metricsHead))
    throw new Refusal(
      `--metrics-file ${path}: the file exists and contains something else.`,
      'Name another file, or move that one away.',
    )
}

/** The first characters of a file; null if there is none. */
async function headOf(path: string): Promise<string | null> {
  try {
    const handle = await open(path)
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(metricsHead.length), 0)
      return buffer.toString('utf8', 0, bytesRead)
    } finally {
      await handle.close()
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    const why = parseSystemError(error)?.why ?? String(error)
    throw new Refusal(`--metrics-file ${path}: it can't be read: ${why}.`, 'Name another file.', error)
  }
}

/** Writes the metrics, or says that they can't be written: the run has ended and keeps its exit code. */
export async function writeMetrics(
  path: string | undefined,
  summary: Summary,
  checkedAt: number,
  say: (line: string) => void,
): Promise<void> {
  if (path === undefined) return
  try {
    await checkMetricsFile(path)
    await replaceFile(path, renderMetrics(summary, checkedAt), readableByAll)
  } catch (error) {
    if (!(error instanceof KnownError)) throw error
    say(`The metrics were not written. ${error.message}`)
  }
}
