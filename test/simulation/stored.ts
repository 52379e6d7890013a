import { writeNow } from './prepare.ts'
import type { StoredRun } from './store-rows.ts'
import { runsDirectory, type World } from './world.ts'

/** Copies a run out of the store into a runs directory, where reports and checks find it. Takes no time. */
export function takeOut(world: World, run: StoredRun): void {
  const directory = `${runsDirectory}/${run.runId}`
  for (const path of [runsDirectory, directory])
    if (world.disk.find(path) === null) world.disk.createDirectory(path)
  for (const [name, bytes] of run.files) replace(world, `${directory}/${name}`, bytes)
  if (run.journal.length === 0) return
  replace(world, `${directory}/journal.ndjson`, Buffer.concat(run.journal.map(({ bytes }) => bytes)))
}

/** Puts the summary of the store back, which the process wrote that had carried the run out. */
export function putSummaryBack(world: World, run: StoredRun): void {
  const summary = run.files.get('summary.json')
  if (summary !== undefined) replace(world, `${runsDirectory}/${run.runId}/summary.json`, summary)
}

function replace(world: World, path: string, bytes: Buffer): void {
  if (world.disk.find(path) !== null) {
    const { directory, name } = world.disk.place(path, 'rename')
    world.disk.change(directory, [[name, null]])
  }
  writeNow(world, path, bytes)
}
