import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ForeignOrg } from '../support/foreign-org/server.ts'
import { makeUsers, userIdOf } from '../support/foreign-org/user.ts'
import { randomFrom } from '../support/random.ts'
import {
  allNights,
  everybody,
  everybodyFile,
  type Feed,
  leaversFeeds,
  leaversJob,
  leaversList,
  movementsFeeds,
  movementsJob,
  person,
  rehired,
  staff,
  tonight,
} from './feeds.ts'
import { type Workplace, withWorkplace } from './workplace.ts'

/** Runs the job over a feed, as cron does. */
async function send(place: Workplace, org: ForeignOrg, text: string | Buffer, id: string) {
  await place.write('in.csv', text)
  return await place.runHere(org, ['run', '--job', 'job.yaml', '--yes', '--quiet', '--run-id', id])
}

/** A job with ten ordinary nights behind it. Some who left on the first are back since. */
async function withNights(
  job: string,
  fileOf: (leavers: readonly number[]) => string,
  work: (place: Workplace, org: ForeignOrg) => Promise<void>,
): Promise<void> {
  await withWorkplace(async (place) => {
    const org = await place.org({ users: everybody() })
    await place.write('job.yaml', job)
    for (const [night, leavers] of allNights.entries()) {
      const end = await send(place, org, fileOf(leavers), `night-${night}`)
      expect(end.code, end.stderr + end.stdout).toBe(0)
    }
    for (const number of rehired) {
      Object.assign(org.org.users.get(userIdOf(number)) ?? {}, { status: 'ACTIVE' })
    }
    await work(place, org)
  })
}

/** Runs over each feed and checks whom it has met. Afterwards everything is again as it was before. */
async function tryFeeds(place: Workplace, org: ForeignOrg, feeds: readonly Feed[]): Promise<void> {
  const before = structuredClone([...org.org.users.values()])
  const wrong: string[] = []
  for (const { name, text, expected } of feeds) {
    const from = org.org.appliedInOrder.length
    const end = await send(place, org, text, 'bad')
    const users = new Set(org.org.appliedInOrder.slice(from).map((applied) => applied.split(' ')[0]))
    const leavers = new Set(tonight.map(userIdOf))
    const harmed = [...users].filter((id) => !leavers.has(id ?? ''))
    const told = `${name}: exit ${end.code}, ${users.size} users, ${(end.stdout + end.stderr).slice(0, 1500)}`
    if (harmed.length > 0) wrong.push(`HARM to ${harmed.length}: ${told}`)
    else if (expected === 'nothing' && users.size > 0) wrong.push(`SENT: ${told}`)
    else if (expected === 'done' && users.size !== tonight.length) wrong.push(`NOT DONE: ${told}`)
    for (const user of before) Object.assign(org.org.users.get(user.id) ?? {}, structuredClone(user))
    await rm(join(place.directory, 'runs/bad'), { recursive: true, force: true })
  }
  expect(wrong).toEqual([])
}

describe('a bad feed after ten ordinary nights', () => {
  it('harms nobody where the file is a list of leavers', async () => {
    await withNights(
      leaversJob,
      (leavers) => leaversList(leavers),
      async (place, org) => {
        await tryFeeds(place, org, leaversFeeds)
      },
    )
  })

  it('harms nobody where the file holds everybody', async () => {
    const fileOf = (leavers: readonly number[]): string =>
      everybodyFile([
        ...staff.map((number) => person(number)),
        ...leavers.map((number) => person(number, 'Terminated', '2026-11-01')),
      ])
    await withNights(movementsJob, fileOf, async (place, org) => await tryFeeds(place, org, movementsFeeds))
  })
})

it('a feed that was stopped does not become usual by a retry of it', async () => {
  await withNights(
    leaversJob,
    (leavers) => leaversList(leavers),
    async (place, org) => {
      const from = org.org.appliedInOrder.length
      const everyone = leaversList(staff)
      expect((await send(place, org, everyone, 'mad')).code).toBe(3)
      expect((await place.runHere(org, ['retry', 'mad', '--yes', '--quiet'])).code).toBe(3)
      expect((await send(place, org, everyone, 'again')).code).toBe(3)
      expect(org.org.appliedInOrder).toHaveLength(from)
    },
  )
})

/** How many leave on a night: few, more on Mondays, and most on the last day of a month. */
function leaversOn(night: number, random: () => number): number {
  const usual = night % 7 === 0 ? 12 : 6
  const most = night % 30 === 29 ? 40 : usual
  return Math.floor(random() ** 1.5 * (most + 1))
}

it('stops at most one of 200 ordinary nights', { timeout: 400_000 }, async () => {
  await withWorkplace(async (place) => {
    const random = randomFrom(7)
    const org = await place.org({ users: makeUsers({ count: 3_000 }) })
    await place.write('job.yaml', leaversJob)
    const stopped: string[] = []
    let next = 1
    for (let night = 0; night < 200; night++) {
      const count = leaversOn(night, random)
      const people = Array.from({ length: count }, (_, index) => next + index)
      next += count
      const end = await send(place, org, leaversList(people), `night-${night}`)
      if (end.code === 0) continue
      stopped.push(end.stdout)
      expect(end.code, end.stderr).toBe(3)
      const on = ['resume', `night-${night}`, '--accept-unusual', '--quiet']
      expect((await place.runHere(org, on)).code).toBe(0)
    }
    expect(stopped.length, stopped.join('\n')).toBeLessThanOrEqual(1)
    expect(next).toBeGreaterThan(600)
  })
})
