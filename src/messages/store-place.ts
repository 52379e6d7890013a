import { basename, dirname, join } from 'node:path'

/**
 * A working copy of runs that are kept in a store stands in a directory that is named by the store. So every command to
 * type that names a run of it can name the store.
 */
export function storeDirectoryName(shownUrl: string): string {
  return encodeURIComponent(shownUrl)
}

/** The store whose working copy stands in a runs directory, without a password; null for a runs directory of its own. */
export function storeOf(runsDirectory: string): string | null {
  const name = basename(runsDirectory)
  return /^postgres(?:ql)?%3A%2F%2F/.test(name) ? decodeURIComponent(name) : null
}

/** Where a run is, for people: its directory, or the address of its store. */
export function placeOfRun(directory: string): string {
  return storeOf(dirname(directory)) ?? directory
}

/** Where a report of a run is: its path; for a run of a store its bare name, as `report --out` writes it anywhere. */
export function placeOfReport(directory: string, name: string): string {
  return storeOf(dirname(directory)) === null ? join(directory, name) : name
}
