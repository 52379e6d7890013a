import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { type Removal, removeTogether, type SeenRun } from '../../src/cli/remove-runs.ts'
import { StopSwitch } from '../../src/messages/stop.ts'
import { listRuns } from '../../src/run/list-runs.ts'
import { pruneRun } from '../../src/run/prune-run.ts'
import { readRunFile } from '../../src/run/run-file.ts'
import { withRunLocks } from '../../src/run/run-locks.ts'
import { usersCsv, type Workplace, withWorkplace } from '../end-to-end/workplace.ts'

async function withRuns(
  names: readonly string[],
  work: (seen: readonly SeenRun[], place: Workplace) => Promise<void>,
): Promise<void> {
  await withWorkplace(async (place) => {
    await place.write('in.csv', usersCsv(['ann@example.com']))
    for (const name of names) {
      const args = ['run', 'in.csv', '--action', 'suspend', '--sandbox', '--yes', '--quiet', '--run-id', name]
      expect(await place.runHere(null, args)).toMatchObject({ code: 0 })
    }
    const listed = await listRuns(join(place.directory, 'runs'))
    const seen = listed.map(async (one): Promise<SeenRun> => {
      const run = await readRunFile(one.directory)
      return { ...one, found: { kind: 'run', name: one.name, run, endedAt: 0 } }
    })
    await work(await Promise.all(seen), place)
  })
}

async function left(place: Workplace): Promise<readonly string[]> {
  return await readdir(join(place.directory, 'runs'))
}

function kindsOf(ended: ReadonlyMap<string, Removal>): readonly string[] {
  return [...ended.values()].map((end) => (end.kind === 'kept' ? end.why : end.kind))
}

it('a run that another process removes while this one waits for it is gone, and is not begun anew', async () => {
  await withRuns(['one'], async (seen, place) => {
    const [one] = seen
    if (one === undefined) throw new Error('There is no run.')
    let ending: Promise<ReadonlyMap<string, Removal>> | null = null
    await withRunLocks(one.directory, null, {}, async () => {
      ending = removeTogether(seen, new StopSwitch())
      await pruneRun(one.directory)
    })
    expect(kindsOf((await ending) ?? new Map())).toEqual(['gone'])
    expect(kindsOf(await removeTogether(seen, new StopSwitch()))).toEqual(['gone'])
    expect(await left(place)).toEqual([])
  })
})

it('several who remove the same runs at once remove each of them once', async () => {
  await withRuns(['one', 'two', 'three'], async (seen, place) => {
    const all = [0, 1, 2].map(async () => {
      const kinds: string[] = []
      for (const run of seen) kinds.push(...kindsOf(await removeTogether([run], new StopSwitch())))
      return kinds
    })
    const ended = await Promise.all(all)
    for (const index of seen.keys()) {
      expect(ended.map((kinds) => kinds[index]).toSorted()).toEqual(['gone', 'gone', 'removed'])
    }
    expect(await left(place)).toEqual([])
  })
})
