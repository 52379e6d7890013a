import { readFileSync } from 'node:fs'
import { exitCodes, KnownError } from '../messages/known-error.ts'

/** The page's program and its style, as the build makes them from `src/page/`. */
export interface PageBundle {
  readonly script: string
  readonly style: string
}

/**
 * Where the build puts them, relative to a file of the built program or of its source.
 */
const places = ['./page/', '../page/', '../../dist/page/', '../../../dist/page/']

/**
 * Reads them synchronously: they are two small files of the installation.
 *
 * @throws KnownError when the installation is incomplete
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
    'Install okta-lifecycle again (npm ci)',
    exitCodes.someoneMustLook,
  )
}
