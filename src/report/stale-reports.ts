import { removeFiles } from '../files/replacing-file.ts'

const names = ['results.csv', 'results.jsonl', 'failed.csv', 'report.html']

/**
 * Removes the reports that an earlier execution has left, before the next one sends anything. If that one is killed, or
 * finds no room for new reports, `failed.csv` would offer rows that it has done, and results would deny them. The
 * summary stays: it holds the head of the journal, by which the next execution knows that nothing was cut off.
 *
 * @throws CannotWrite when one can't be removed
 */
export async function removeStaleReports(directory: string): Promise<void> {
  await removeFiles(directory, names)
}
