import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { foldLogin } from '../../src/okta/user.ts'
import type { RowTrace } from '../../src/rules/row-order.ts'
import { type Place, UserOrder } from '../../src/rules/user-order.ts'
import { randomFrom } from '../budget/model-server.ts'
import { unusualIds } from '../journal/support.ts'

interface Person {
  readonly id: string
  readonly login: string
}

const people: readonly Person[] = [
  { id: '00uAAAAAAAAAAAAAAAAA', login: 'Ada@example.com' },
  { id: '00uBBBBBBBBBBBBBBBBB', login: 'ada.b@example.com' },
  { id: '00uCCCCCCCCCCCCCCCCC', login: 'céline@example.com' },
  { id: '00uDDDDDDDDDDDDDDDDD', login: 'dan@example.org' },
]

/** The ways in which rows name a person. */
function spellings({ id, login }: Person): readonly string[] {
  const short = login.slice(0, login.indexOf('@'))
  return [id, login, login.toUpperCase(), short, foldLogin(login), short.toUpperCase()]
}

function find(key: string): Person | null {
  return people.find((person) => spellings(person).includes(key)) ?? null
}

const trace = (signature: string, inDoubt = false): RowTrace => ({
  signature,
  inDoubt,
  ledTo: null,
})

/** Carries a row out as the run does: wait, read, claim (and read again), act, finish. */
async function carryOut(
  place: Place,
  key: string,
  pause: () => Promise<void>,
  act: (person: Person, preceding: RowTrace | null) => Promise<RowTrace>,
): Promise<void> {
  let person: Person | null = null
  let left: RowTrace | null = null
  try {
    await place.waitForSameKey()
    for (;;) {
      await pause()
      person = find(key)
      if (person === null) return
      if (!(await place.claim(person))) break
    }
    left = await act(person, place.preceding(person.id))
  } finally {
    place.finish(person?.id ?? null, left)
  }
}

describe('the order of a user’s rows', () => {
  it('a read is out of date if another row of its user has ended meanwhile, even if nobody waited for it', async () => {
    const order = new UserOrder()
    const [ada, dan] = [people[0], people[3]]
    if (ada === undefined || dan === undefined) throw new Error('There are no people.')
    const first = order.enter(ada.id)
    const second = order.enter(ada.login)
    const third = order.enter(dan.login)
    for (const place of [first, second, third]) {
      await place.waitForSameKey()
      place.beginRead()
    }
    expect(await first.claim(ada)).toBe(false)
    first.finish(ada.id, trace('deactivate'))
    expect(await second.claim(ada)).toBe(true)
    second.beginRead()
    expect(await second.claim(ada)).toBe(false)
    expect(await third.claim(dan)).toBe(false)
  })

  it('is the input’s, however rows name the user and however long reads take, and nobody waits for ever', async () => {
    const anyRow = fc.record({ person: fc.nat(people.length), spelling: fc.nat(5) })
    await fc.assert(
      fc.asyncProperty(fc.array(anyRow, { maxLength: 40 }), fc.integer(), async (rows, seed) => {
        const random = randomFrom(seed)
        const order = new UserOrder()
        const pause = async (): Promise<void> => {
          for (let turns = Math.floor(random() * 12); turns > 0; turns--) await Promise.resolve()
          if (random() < 0.2) await new Promise((resolve) => setImmediate(resolve))
        }
        const active = new Set<string>()
        const seen = new Map<string, number[]>()
        const precedings = new Map<number, RowTrace | null>()
        const work = rows.map(async (row, index) => {
          const person = people[row.person]
          const key = person === undefined ? `nobody${row.spelling}` : (spellings(person)[row.spelling] ?? '')
          await carryOut(order.enter(key), key, pause, async ({ id }, preceding) => {
            expect(active.has(id)).toBe(false)
            active.add(id)
            precedings.set(index, preceding)
            await pause()
            seen.set(id, [...(seen.get(id) ?? []), index])
            active.delete(id)
            return trace(String(index))
          })
        })
        await Promise.all(work)
        for (const [id, indexes] of seen) {
          expect(indexes).toEqual([...indexes].sort((a, b) => a - b))
          const named = rows.flatMap((row, index) => (people[row.person]?.id === id ? [index] : []))
          expect(indexes).toEqual(named)
          for (const [at, index] of indexes.entries()) {
            const before = indexes[at - 1]
            expect(precedings.get(index)?.signature).toBe(before === undefined ? undefined : String(before))
          }
        }
      }),
      { numRuns: 200 },
    )
  })

  it('lets rows of different users go side by side', async () => {
    const order = new UserOrder()
    const first = order.enter('ada@example.com')
    const second = order.enter('dan@example.org')
    await first.waitForSameKey()
    await second.waitForSameKey()
    expect(await second.claim({ id: 'd', login: 'dan@example.org' })).toBe(false)
    expect(await first.claim({ id: 'a', login: 'ada@example.com' })).toBe(false)
  })

  it('makes a row that names the id wait for an earlier one, not read yet, that names the short name', async () => {
    const order = new UserOrder()
    const [ada] = people
    if (ada === undefined) throw new Error('nobody')
    const byShortName = order.enter('ADA')
    const byId = order.enter(ada.id)
    await byId.waitForSameKey()
    let claimed = false
    const claim = byId.claim(ada).then((waited) => {
      claimed = true
      return waited
    })
    await byShortName.waitForSameKey()
    expect(await byShortName.claim(ada)).toBe(false)
    expect(claimed).toBe(false)
    byShortName.finish(ada.id, trace('first', true))
    expect(await claim).toBe(true)
    expect(byId.preceding(ada.id)).toEqual(trace('first', true))
  })

  it.each(unusualIds)('knows an id of another form than the usual one: %s', async (id) => {
    const order = new UserOrder()
    const byId = order.enter(id)
    const byLogin = order.enter('ceo@example.com')
    await byId.waitForSameKey()
    await byLogin.waitForSameKey()
    let claimed = false
    const claim = byLogin.claim({ id, login: 'ceo@example.com' }).then(() => {
      claimed = true
    })
    await new Promise((resolve) => setImmediate(resolve))
    expect(claimed).toBe(false)
    byId.finish(id, null)
    await claim
  })

  it('goes on where an earlier row of the same key turns out to mean nobody, or somebody else', async () => {
    const order = new UserOrder()
    const nobody = order.enter('ada')
    const later = order.enter('ada@example.com')
    const claim = later.claim({ id: 'a', login: 'ada@example.com' })
    nobody.finish(null, null)
    expect(await claim).toBe(true)
    expect(later.preceding('a')).toBeNull()

    const other = new UserOrder()
    const else_ = other.enter('ada')
    expect(await else_.claim({ id: 'somebody', login: 'ada@example.org' })).toBe(false)
    // The short name is somebody else's: there is nothing to wait for.
    expect(await other.enter('ada@example.com').claim({ id: 'a', login: 'ada@example.com' })).toBe(false)
  })

  it('remembers rows of earlier executions', () => {
    const order = new UserOrder()
    order.remember('ada', { id: 'a', login: 'ada' }, () => trace('suspend'))
    order.remember('ada', { id: 'a', login: 'ada' }, (preceding) => {
      expect(preceding).toEqual(trace('suspend'))
      return trace('deactivate', true)
    })
    expect(order.enter('ada').preceding('a')).toEqual(trace('deactivate', true))
    expect(order.enter('ada').preceding('b')).toBeNull()
  })

  it.each([
    ['by the same key', 'ada', ''],
    ['by the id', 'a', ''],
    ['by the login', 'ada@example.com', 'ada@example.com'],
  ])('remembers a row that is done only after the earlier rows of its user: %s', async (_, key, login) => {
    const order = new UserOrder()
    const user = { id: 'a', login }
    const first = order.enter(key)
    await first.claim(user)
    const second = order.enter(key)
    // Done already, as by an earlier step: both rows before it go first.
    order.remember('ada', user, () => trace('done'))
    const after = order.enter('a')
    expect([first.preceding('a'), second.preceding('a')]).toEqual([null, null])
    first.finish('a', trace('first'))
    expect(second.preceding('a')).toEqual(trace('first'))
    await second.claim(user)
    const waits = after.claim(user)
    second.finish('a', trace('second'))
    await waits
    expect(after.preceding('a')).toEqual(trace('done'))
  })

  it('keeps the trace of the last row that left one', () => {
    const order = new UserOrder()
    order.enter('ada').finish('a', trace('one'))
    order.enter('ada').finish('a', null)
    expect(order.enter('ada').preceding('a')).toEqual(trace('one'))
  })
})
