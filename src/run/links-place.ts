import { lstat, readlink, realpath } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { exitCodes, Refusal } from '../messages/known-error.ts'
import { displacedSince, isLink } from './link-file.ts'
import { lookAtRun } from './look-at-run.ts'
import { hasJournal } from './run-directory.ts'
import { type RunFile, sandboxOrgUrl } from './run-file.ts'

/** The names that a run gives to files in its directory, even with further extensions. */
const ownNames = /^(\.|lock$|(run|journal|input|results|failed|summary|report|sandbox|plan)\.)/i

/**
 * Makes sure that the file for activation links is not in the directory of a run, whatever symbolic links lead there:
 * it would be taken for a part of the run, be replaced by a report, or put credentials into a journal or a report. Only
 * the links of a simulated org are kept there, under a name that nothing else has.
 *
 * @param directory the run's own directory, which need not have a `run.json` yet
 * Nor may it be a symbolic link itself: whoever can change that could send credentials anywhere.
 *
 * @param resume for a run that has begun, the command that goes on with it
 * @throws Refusal when it is in the directory of a run, FixableError when it is a symbolic link
 */
export async function checkLinksPlace(
  directory: string,
  { job, org_url: org }: Pick<RunFile, 'job' | 'org_url'>,
  resume: string | null = null,
): Promise<void> {
  const path = job.report.activation_links
  if (path === null) return
  const linked = (await linkTargetOf(path)) !== null
  if (linked && resume !== null)
    throw displacedSince(path, isLink(path)).so(`, then: ${resume}`, exitCodes.stoppedByGuard)
  const real = await realPathOf(path).catch((error: unknown) => {
    // One that leads to itself.
    throw linked && (error as NodeJS.ErrnoException).code === 'ELOOP' ? isLink(path) : error
  })
  const isSandbox = org === sandboxOrgUrl && !ownNames.test(basename(real))
  const own = await realPathOf(directory)
  // The root of the file system is not a run.
  for (let above = dirname(real); dirname(above) !== above; above = dirname(above)) {
    const isOfRun = above === own || (await hasJournal(above)) || (await lookAtRun(above)).kind !== 'none'
    // The file of a simulated org is in the directory itself.
    if (isOfRun && !(isSandbox && above === dirname(real))) throw insideOfRun(path, above)
  }
  if (linked) throw isLink(path)
}

function insideOfRun(path: string, directory: string): Refusal {
  return new Refusal(
    `report.activation_links: a file outside of all run directories was expected, but ${path} is in the directory of a run (${directory}). Nothing was sent.`,
    'Name another file under report.activation_links in the job, then start a new run.',
  )
}

/** The real path of a file, even of one that does not exist yet or that a dangling link leads to. */
async function realPathOf(path: string): Promise<string> {
  const absolute = resolve(path)
  try {
    return await realpath(absolute)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error
  }
  const parent = dirname(absolute)
  if (parent === absolute) return absolute
  const target = await linkTargetOf(absolute)
  return target === null
    ? join(await realPathOf(parent), basename(absolute))
    : await realPathOf(resolve(parent, target))
}

/** Where a symbolic link leads; null if the path is not one. */
async function linkTargetOf(path: string): Promise<string | null> {
  try {
    return (await lstat(path)).isSymbolicLink() ? await readlink(path) : null
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    throw error
  }
}
