import { readFile } from 'node:fs/promises'
import { exitCodes, KnownError } from '../messages/known-error.ts'

/** The page's program and its style, as the build has made them of `src/page/`. */
export interface PageBundle {
  readonly script: string
  readonly style: string
}

/**
 * Where the build has put them, from a file of the built program and from one of its source.
 */
const places = ['./page/', '../page/', '../../dist/page/', '../../../dist/page/']

/** @throws KnownError when the program is not installed whole */
export async function readPageBundle(): Promise<PageBundle> {
  for (const place of places) {
    try {
      const [script, style] = await Promise.all(
        ['main.js', 'page.css'].map((name) => readFile(new URL(`${place}${name}`, import.meta.url), 'utf8')),
      )
      if (script !== undefined && style !== undefined) return { script, style }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
  throw new KnownError(
    'The page for report.html is missing from the installation of okta-lifecycle: dist/page/main.js was expected.',
    'Install okta-lifecycle anew (npm ci)',
    exitCodes.someoneMustLook,
  )
}
