import { chainStart, checkLine, eventOfLine } from '../../src/journal/journal-line.ts'
import { JournalState } from '../../src/journal/journal-state.ts'
import { leavesDoubt } from '../../src/rules/row-order.ts'
import { runsDirectory, type World } from './world.ts'

/**
 * I6: a journal replays to the same state at every prefix.
 *
 * I22: a step is called `unchanged` only after each earlier step of its row has ended, and none of them in doubt.
 *
 * I38: two processes that write to one journal, because somebody removed a hold, do not damage it.
 */
export function checkJournals(world: World): void {
  const isTwice = world.scenario.disturbances.every(({ kind }) => kind === 'holds_removed')
  const isAsked = world.processes.some(({ output }) => output.join('').includes('--take-sound-part'))
  if (isTwice && isAsked && world.cuts.size === 0 && world.holdsRemovedAt !== null)
    world.violate('I38 two processes have damaged a journal')
  const runs = world.disk.find(runsDirectory)
  if (runs?.kind !== 'directory') return
  const steps = world.scenario.steps?.length ?? 1
  for (const run of runs.names.keys()) {
    const bytes = world.files.read(`${runsDirectory}/${run}/journal.ndjson`)
    if (bytes === null) continue
    const state = new JournalState(steps)
    let chain = chainStart
    let results = 0
    // What a retry keeps of the run before it stands before its first execution.
    let hasBegun = false
    const inDoubt = new Set<number>()
    const ended = new Set<string>()
    for (const line of bytes.toString('utf8').split('\n')) {
      const written = Buffer.from(line)
      const checked = checkLine(written, chain)
      if (checked.kind !== 'sound') break
      chain = checked.chain
      const event = eventOfLine(written)
      state.apply(event, { offset: 0, length: 0 })
      hasBegun ||= event.event === 'execution'
      if (event.event === 'result') results++
      if (event.event === 'result') ended.add(`${event.row} ${event.step}`)
      if (event.event === 'result' && leavesDoubt(event)) inDoubt.add(event.row)
      if (hasBegun && event.event === 'result' && event.result === 'unchanged')
        for (let step = 1; step < event.step; step++)
          if (inDoubt.has(event.row) || !ended.has(`${event.row} ${step}`))
            world.violate(
              `I22 run ${run}: step ${event.step} of row ${event.row} is unchanged before step ${step} is done`,
            )
      const sum = [...state.counts].reduce((all, [name, count]) => all + (name.includes(':') ? 0 : count), 0)
      if (state.done !== results || sum !== results)
        world.violate(
          `I6 run ${run}: ${results} results in the journal, ${state.done} in its state, ${sum} counted`,
        )
    }
  }
}
