import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { aroundPlaces, type EditedBug } from './edited-bugs.ts'

/**
 * Copies the compiled program, with the simulation, into a directory below it, and writes a bug into the copy.
 *
 * @param home where the compiled `src` and `test` are
 * @returns where they are with the bug
 */
export function plantEdit(home: string, bug: EditedBug): string {
  const { name, file, to } = bug
  const copy = join(home, 'planted', name.replaceAll(/\W+/g, '-'))
  rmSync(copy, { recursive: true, force: true })
  for (const part of ['src', 'test', 'package.json'])
    cpSync(join(home, part), join(copy, part), { recursive: true })
  // The copy is no neighbour of the build, which has the page.
  cpSync(join(home, '..', 'dist', 'page'), join(copy, 'src', 'page'), { recursive: true })
  const path = join(copy, 'src', `${file}.js`)
  const parts = aroundPlaces(readFileSync(path, 'utf8'), bug)
  if (parts.length !== 2)
    throw new Error(`${parts.length - 1} places for the planted bug "${name}" in ${path}`)
  writeFileSync(path, parts.join(to))
  return copy
}
