import { Hold } from '../../src/files/hold/hold.ts'
import type { JournalEvent } from '../../src/journal/journal-event.ts'
import { JournalState } from '../../src/journal/journal-state.ts'
import { Recorder } from '../../src/journal/recorder.ts'
import { SentRecently } from '../../src/journal/sent-recently.ts'
import { RoleChecks } from '../../src/lookup/role-checks.ts'
import { StopSwitch } from '../../src/messages/stop.ts'
import { ruleOf } from '../../src/okta/actions.ts'
import { UserOrder } from '../../src/rules/user-order.ts'
import { Patches } from './patches.ts'
import type { World } from './world.ts'

/** A bug that is put into the program for a history, and the invariant that it breaks. */
export interface PlantedBug {
  readonly name: string
  readonly breaks: string
  /** Set where it takes more seeds than a quick test has. */
  readonly rare?: true
  readonly plant: (patches: Patches, world: World) => void
}

/** Puts a bug in. Returns how to take it out again. */
export function plant(bug: PlantedBug, world: World): () => void {
  const patches = new Patches()
  bug.plant(patches, world)
  return () => patches.restore()
}

/** Records only some events; the others are taken for written. */
function recordOnly(patches: Patches, keeps: (event: JournalEvent) => boolean): void {
  const { record } = Recorder.prototype
  patches.set(Recorder.prototype, 'record', function (this: Recorder, event: JournalEvent) {
    return keeps(event) ? record.call(this, event) : Promise.resolve()
  })
}

export const plantedBugs: readonly PlantedBug[] = [
  {
    name: 'a sync of the journal is skipped',
    breaks: 'I1',
    plant: (_patches, world) => {
      world.files.skipsSync = (path) => path.endsWith('journal.ndjson')
    },
  },
  {
    name: 'a call leaves before its intent is written',
    breaks: 'I1',
    plant: (patches) => {
      const { record } = Recorder.prototype
      patches.set(Recorder.prototype, 'record', function (this: Recorder, event: JournalEvent) {
        const written = record.call(this, event)
        return event.event === 'intent' ? Promise.resolve() : written
      })
    },
  },
  {
    name: 'answers are not journalled',
    breaks: 'I2',
    rare: true,
    plant: (patches) => recordOnly(patches, ({ event }) => event !== 'answer'),
  },
  {
    name: 'a result is taken back',
    breaks: 'I3',
    plant: (patches) => {
      const { resultPosition } = JournalState.prototype
      patches.set(JournalState.prototype, 'resultPosition', function (this: JournalState, place: never) {
        const position = resultPosition.call(this, place)
        return this.executions.count > 1 ? null : position
      })
    },
  },
  {
    name: 'a doubt about factors is settled by status',
    breaks: 'I11',
    plant: (patches) => patches.set(ruleOf('reset_factors'), 'doubt', 'status'),
  },
  {
    name: 'a doubt is settled too soon',
    breaks: 'I5',
    rare: true,
    plant: (patches) => {
      const { wait } = StopSwitch.prototype
      patches.set(StopSwitch.prototype, 'wait', function (this: StopSwitch, ms: number) {
        return wait.call(this, ms > 1_000 ? 1 : ms)
      })
    },
  },
  {
    name: 'what an earlier execution sent is not counted',
    breaks: 'I7',
    rare: true,
    plant: (patches) => patches.set(SentRecently.prototype, 'times', () => []),
  },
  {
    name: 'a guard fails open',
    breaks: 'I8',
    plant: (_patches, world) => {
      world.forgetsGuards = true
    },
  },
  {
    name: 'whoever is looked up has no admin role',
    breaks: 'I8',
    plant: (patches) => patches.set(RoleChecks.prototype, 'of', async () => ({ kind: 'none' })),
  },
  {
    name: 'a hold is taken for valid for ever',
    breaks: 'I9',
    rare: true,
    plant: (patches) => {
      patches.get(Hold.prototype, 'valid', () => true)
      patches.set(Hold.prototype, 'ensure', async () => {})
    },
  },
  {
    name: 'rows of a user do not wait for each other',
    breaks: 'I5',
    plant: (patches) => {
      const { enter } = UserOrder.prototype
      patches.set(UserOrder.prototype, 'enter', function (this: UserOrder, key: string) {
        const place = enter.call(this, key)
        return {
          waitForSameKey: async () => {},
          claim: async () => false,
          predecessor: () => null,
          preceding: () => null,
          finish: place.finish.bind(place),
        }
      })
    },
  },
  {
    name: 'an open attempt is forgotten',
    breaks: 'I2',
    rare: true,
    plant: (patches) => {
      const { progressOf } = JournalState.prototype
      patches.set(JournalState.prototype, 'progressOf', function (this: JournalState, place: never) {
        const progress = progressOf.call(this, place)
        return progress?.last.kind === 'open' && progress.last.doubt === null ? null : progress
      })
    },
  },
  {
    name: 'results are not written',
    breaks: 'I11',
    plant: (patches) => patches.set(Recorder.prototype, 'result', async () => {}),
  },
  {
    name: 'skipped tasks are not counted',
    breaks: 'I6',
    plant: (patches) => {
      const { apply } = JournalState.prototype
      patches.set(
        JournalState.prototype,
        'apply',
        function (this: JournalState, event: JournalEvent, position: never) {
          if (event.event === 'result' && event.result === 'skipped') return
          apply.call(this, event, position)
        },
      )
    },
  },
]
