import type { TestProject } from 'vitest/node'
import { chromiumPath } from './browser.ts'
import { makeReports, type Reports } from './reports.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Null if there is no browser to open them. */
    readonly reports: Reports | null
  }
}

/** Makes the reports once for all files of tests. */
export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (chromiumPath() === null) {
    process.stderr.write(
      'No browser: the tests of the report page are skipped. They need Debian\'s package "chromium", or CHROMIUM_PATH.\n',
    )
    project.provide('reports', null)
    return
  }
  const { reports, remove } = await makeReports()
  project.provide('reports', reports)
  return remove
}
