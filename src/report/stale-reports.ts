import { removeFiles } from '../files/replacing-file.ts'

const names = ['results.csv', 'results.jsonl', 'failed.csv', 'report.html']

/**
 * Removes the reports of an earlier execution before the next one sends anything. If the next one were killed, or found
 * no room for new reports, the old `failed.csv` would offer rows that it has done, and the old results would not show
 * them. The summary stays: it holds the head of the journal, by which the next execution knows that nothing was cut
 * off.
 *
 * @throws CannotWrite when one can't be removed
 */
export async function removeStaleReports(directory: string): Promise<void> {
  await removeFiles(directory, names)
}
