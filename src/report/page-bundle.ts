import { readFileSync } from 'node:fs'
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

/**
 * Reads them at once: two small files of the installation, which are not waited for.
 *
 * @throws KnownError when the program is not installed whole
 */
export function readPageBundle(): PageBundle {
  for (const place of places) {
    try {
      const read = (name: string): string => readFileSync(new URL(`${place}${name}`, import.meta.url), 'utf8')
      return { script: read('main.js'), style: read('page.css') }
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
