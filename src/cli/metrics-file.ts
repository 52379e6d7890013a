import { lstat, open, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { replaceFile } from '../files/replacing-file.ts'
import { parseSystemError } from '../files/system-error.ts'
import { KnownError, Refusal } from '../messages/known-error.ts'
import { metricsHead, renderMetrics } from '../report/metrics.ts'
import type { Summary } from '../report/summary.ts'

/** Who collects metrics is another user than who runs the job. */
const readableByAll = 0o644

/**
 * Makes sure that metrics can be written in the end, and that they would replace nothing else.
 *
 * @throws Refusal where they can't, or where another file lies there
 */
export async function checkMetricsFile(path: string | undefined): Promise<void> {
  if (path === undefined) return
  const directory = await stat(dirname(path)).catch(() => null)
  if (directory?.isDirectory() !== true)
    throw new Refusal(
      `--metrics-file ${path}: ${dirname(path)} is not a directory.`,
      'Name a file in the directory that the node exporter reads (--collector.textfile.directory).',
    )
  const there = await lstat(path).catch(() => null)
  if (there !== null && !there.isFile())
    throw new Refusal(`--metrics-file ${path}: what lies there is not a regular file.`, 'Name another file.')
  const head = await headOf(path)
  if (head !== null && head !== '' && !head.startsWith(metricsHead))
    throw new Refusal(
      `--metrics-file ${path}: a file that holds something else lies there.`,
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

/** Writes the metrics. The run has ended and keeps its exit code: where they can't be written, that is said. */
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
