import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { makeUsers } from '../support/foreign-org/user.ts'
import { runId, unattended, usersCsv, type Workplace, withWorkplace } from './workplace.ts'

/** A run, and a path that has nothing but this program for opening files. */
async function scene(place: Workplace, opener: string | null): Promise<Readonly<Record<string, string>>> {
  const org = await place.org({ users: makeUsers({ count: 1 }) })
  await place.write('in.csv', usersCsv(makeUsers({ count: 1 }).map(({ id }) => id)))
  await place.runHere(org, ['run', 'in.csv', '--action', 'suspend', ...unattended])
  const bin = join(place.directory, 'bin')
  await mkdir(bin)
  if (opener !== null) {
    await place.write('bin/xdg-open', `#!/bin/sh\n${opener}\n`)
    await chmod(join(bin, 'xdg-open'), 0o755)
  }
  return { PATH: bin }
}

it.skipIf(process.platform === 'darwin' || process.platform === 'win32')(
  'report --open opens the page, and says where it is if nothing can',
  async () => {
    await withWorkplace(async (place) => {
      const page = join(place.directory, 'runs', runId, 'report.html')
      const env = await scene(place, `/bin/echo "$1" > ${place.directory}/opened`)
      const opened = await place.runHere(null, ['report', runId, '--open'], { env })
      expect([opened.code, opened.stderr]).toEqual([0, ''])
      expect(await place.read('opened')).toBe(`${page}\n`)
      await place.write('bin/xdg-open', '#!/bin/sh\nexit 3\n')
      const failed = await place.runHere(null, ['report', runId, '--open'], { env })
      expect([failed.code, failed.stderr]).toEqual([0, expect.stringMatching(/ended with 3.*report\.html/)])
      const none = await place.runHere(null, ['report', runId, '--open'], { env: { PATH: '/nowhere' } })
      expect([none.code, none.stderr]).toEqual([0, expect.stringMatching(/ENOENT.*report\.html/)])
      const without = await place.runHere(null, ['report', runId, '--open', '--format', 'csv'])
      expect([without.code, without.stderr]).toEqual([2, expect.stringContaining('--format')])
    })
  },
)
