import { Claim } from '../../src/store/claim.ts'
import type { EditedBug } from './edited-bugs.ts'
import type { PlantedBug } from './planted-bugs.ts'

/** Bugs of a store that are put into the program for a history. */
export const storeBugs: readonly PlantedBug[] = [
  {
    // After 410 seeds.
    name: 'an append does not look at the claim',
    breaks: 'I23',
    rare: true,
    plant: (_patches, world) => {
      if (world.store !== null) world.store.ignoresFence = true
    },
  },
  {
    // After 514 seeds.
    name: 'a claim is taken for valid for ever',
    breaks: 'I24',
    rare: true,
    plant: (patches) => {
      patches.get(Claim.prototype, 'valid', () => true)
      patches.set(Claim.prototype, 'ensure', async () => {})
    },
  },
]

/** Bugs of a store that are written into a file. */
export const storeEdits: readonly EditedBug[] = [
  {
    // After 18 seeds.
    name: 'a claim is taken that has not run out',
    breaks: 'I23',
    file: 'store/may-claim',
    from: 'if (!run.isHeld && (',
    to: 'if ((',
  },
  {
    // After 60 seeds.
    name: 'a run works beside another one of its job',
    breaks: 'I23',
    file: 'store/may-claim',
    from: 'if (inTheWay !== null) return inTheWay',
    to: '',
  },
  {
    // After 91 seeds.
    name: 'a worker goes on alone without the store',
    breaks: 'I1',
    file: 'store/claim',
    from: '() => write(this.#tables),',
    to: '() => write(this.#tables).catch(() => true),',
  },
  {
    // After 18 seeds.
    name: 'each run of a store has a ledger of its own',
    breaks: 'I25',
    file: 'cli/shared-budget',
    from: 'if (tables === undefined) return undefined',
    to: 'return undefined',
  },
  {
    // After 2114 seeds.
    name: 'permits of a dead process are never given back',
    breaks: 'I12',
    file: 'budget/shared-row',
    from: 'Math.abs(database - holder.seenAt) <= deadAfterMs',
    to: 'true',
  },
  {
    // After 321 seeds.
    name: 'what a dead process had out counts as never sent',
    breaks: 'I25',
    file: 'budget/shared-row',
    from: "after = answered(after, permit, { kind: 'lost' }, now)",
    to: "after = answered(after, permit, { kind: 'unused' }, now)",
  },
  {
    // After 1988 seeds.
    name: 'permits never grow old',
    breaks: 'I25',
    file: 'budget/pacer',
    from: 'const end = new Deadline(usedWithinMs)',
    to: 'const end = { passed: false }',
  },
  {
    // At seed 400524, and seldom elsewhere.
    name: 'while no limit is known, one probe after another gets a permit before the first has left',
    breaks: 'I25',
    file: 'budget/permits',
    from: 'if (silent < state.inFlight) return firstProbePatienceMs',
    to: '',
  },
  {
    // After 60 seeds.
    name: 'a worker goes on to take runs after a refusal',
    breaks: 'I27',
    file: 'cli/worker/orgs-at-hand',
    from: "if (welcome.kind === 'accepted' || (",
    to: "if (welcome.kind !== 'unknown' || (",
  },
  {
    // After 74 seeds.
    name: 'a doubt is settled at once after a take-over',
    breaks: 'I11',
    file: 'task/settle-doubt',
    from: 'if (look === null) await waitUntil',
    to: 'if (look === null && notBefore !== null) await waitUntil',
  },
]
