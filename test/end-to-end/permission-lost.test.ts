import { describe, expect, it } from 'vitest'
import { makeUsers } from '../support/foreign-org/user.ts'
import { runId, unattended, usersCsv, withWorkplace } from './workplace.ts'

describe('a permission that is taken away from the token', () => {
  it.each([
    { rows: 12, concurrency: 10, after: 0 },
    { rows: 25, concurrency: 10, after: 0 },
    { rows: 25, concurrency: 3, after: 8 },
    { rows: 40, concurrency: 10, after: 8 },
    { rows: 60, concurrency: 10, after: 8 },
    { rows: 60, concurrency: 3, after: 8 },
  ])(
    'stops a run of $rows rows, $concurrency at once, after $after calls, and fails nobody',
    async ({ rows, concurrency, after }) => {
      await withWorkplace(async (place) => {
        let isThere = true
        let calls = 0
        const users = makeUsers({ count: rows })
        const org = await place.org({
          users,
          latencyMs: 5,
          fault: ({ action, key }) => {
            if (action !== null && ++calls > after) isThere = false
            const isOfUser = key !== null && key !== 'me'
            return isOfUser && (after === 0 || !isThere) && !isGivenBack ? { name: 'forbidden' } : null
          },
        })
        let isGivenBack = false
        await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
        await place.write(
          'job.yaml',
          `name: leavers\naction: suspend\npace: { concurrency: ${concurrency} }\nguards: { protect_admins: false }\n`,
        )
        const first = await place.runHere(org, ['run', 'in.csv', '--job', 'job.yaml', ...unattended])
        expect(first.code, first.stderr).toBe(4)
        const summary = JSON.parse(await place.read(`runs/${runId}/summary.json`))
        expect(summary.results).toMatchObject({ succeeded: after, failed: 0 })
        isGivenBack = true
        const resumed = await place.runHere(org, ['resume', runId, '--yes', '--quiet'])
        expect(resumed.code, resumed.stderr).toBe(0)
        expect(Object.values(org.applied)).toEqual(Array(rows).fill(1))
      })
    },
  )
})

it('a permission to read that is taken away while calls are to be looked into keeps them unsettled', async () => {
  await withWorkplace(async (place) => {
    const users = makeUsers({ count: 60 })
    const ids = users.map(({ id }) => id)
    let isThere = true
    const org = await place.org({
      users,
      // The looks come before ten refusals have.
      latencyMs: 200,
      fault: ({ action, key }) => {
        if (key === null || !ids.includes(key)) return null
        if (action !== null && ids.indexOf(key) < 3) {
          isThere = false
          return { name: 'resetAfter' }
        }
        return action === null && !isThere && !isGivenBack ? { name: 'forbidden' } : null
      },
    })
    let isGivenBack = false
    await place.write('in.csv', usersCsv(ids))
    await place.write(
      'job.yaml',
      'name: leavers\naction: suspend\npace: { concurrency: 3 }\nguards: { protect_admins: false }\n',
    )
    const impatient = { env: { OKTA_CLIENT_REQUESTTIMEOUT: '1' } }
    const first = await place.runHere(org, ['run', 'in.csv', '--job', 'job.yaml', ...unattended], impatient)
    expect(first.code, first.stderr).toBe(4)
    const summary = JSON.parse(await place.read(`runs/${runId}/summary.json`))
    expect(summary.results).toMatchObject({ failed: 0, in_doubt: 0 })
    expect(summary.results.unsettled).toBeGreaterThan(0)
    isGivenBack = true
    const resumed = await place.runHere(org, ['resume', runId, '--yes', '--quiet'])
    expect(resumed.code, resumed.stderr).toBe(0)
    expect(Object.values(org.applied)).toEqual(Array(60).fill(1))
  })
})

describe('a permission to read that is taken away as the last calls are made', () => {
  it.each([
    { what: 'a few are left to be read', count: 30, lost: 10, unread: 3 },
    { what: 'only calls are to be looked into', count: 12, lost: 4, unread: 0 },
    { what: 'nothing is in doubt', count: 12, lost: 0, unread: 2 },
    { what: 'whoever is done is deactivated', count: 12, lost: 4, unread: 1, action: 'deactivate' },
    { what: 'the only one is deactivated', count: 1, lost: 1, unread: 0, action: 'deactivate' },
  ])(
    'stops a run in which $what, and a resume does the rest',
    async ({ count, lost, unread, ...options }) => {
      const { action: given = 'suspend' } = options
      await withWorkplace(async (place) => {
        const users = makeUsers({ count })
        const ids = users.map(({ id }) => id)
        let calls = 0
        let isGivenBack = false
        const org = await place.org({
          users,
          fault: ({ action, key }) => {
            const number = ids.indexOf(key ?? '') + 1
            if (number === 0 || isGivenBack) return null
            // Each was verified before, except those whose answers are lost.
            if (action !== null) return ++calls > count - unread - lost ? { name: 'resetAfter' } : null
            return calls >= count - unread || number > count - unread ? { name: 'forbidden' } : null
          },
        })
        await place.write('in.csv', usersCsv(ids))
        await place.write(
          'job.yaml',
          `name: leavers\naction: ${given}\npace: { concurrency: 10 }\nguards: { protect_admins: false }\n`,
        )
        const impatient = { env: { OKTA_CLIENT_REQUESTTIMEOUT: '1' } }
        const first = await place.runHere(
          org,
          ['run', 'in.csv', '--job', 'job.yaml', ...unattended],
          impatient,
        )
        expect(first.code, first.stderr).toBe(4)
        const summary = await place.read(`runs/${runId}/summary.json`)
        expect(summary).toContain('no longer shows users whom it has shown earlier in this run')
        const { results } = JSON.parse(summary)
        expect(results).toMatchObject({ failed: 0, in_doubt: 0, unsettled: lost, not_run: unread })
        isGivenBack = true
        const resumed = await place.runHere(org, ['resume', runId, '--yes', '--quiet'])
        expect(resumed.code, resumed.stderr).toBe(0)
        expect(Object.values(org.applied)).toEqual(Array(count).fill(1))
      })
    },
  )
})

it('calls whose looks were refused are looked into once more when somebody else can be read again', async () => {
  await withWorkplace(async (place) => {
    const users = makeUsers({ count: 12 })
    const ids = users.map(({ id }) => id)
    let isThere = true
    const org = await place.org({
      users,
      fault: ({ action, key }) => {
        const number = ids.indexOf(key ?? '') + 1
        if (action !== null) {
          if (number > 8) isThere = false
          return number > 8 ? { name: 'resetAfter' } : null
        }
        // The permission is back as the run asks for somebody who is done, however many looks have come by then.
        if (!isThere && number > 0 && number <= 8 && looks > 0) isThere = true
        if (!isThere && number > 8) looks++
        return !isThere && number > 0 ? { name: 'forbidden' } : null
      },
    })
    let looks = 0
    await place.write('in.csv', usersCsv(ids))
    await place.write(
      'job.yaml',
      'name: leavers\naction: suspend\npace: { concurrency: 4 }\nguards: { protect_admins: false }\n',
    )
    const impatient = { env: { OKTA_CLIENT_REQUESTTIMEOUT: '1' } }
    const end = await place.runHere(org, ['run', 'in.csv', '--job', 'job.yaml', ...unattended], impatient)
    expect(end.code, end.stderr).toBe(0)
    expect(looks).toBeGreaterThan(0)
    expect(Object.values(org.applied)).toEqual(Array(12).fill(1))
  })
})

describe('users outside the reach of the token', () => {
  it.each([
    { what: 'are in the reach of the token after their suspension', action: 'suspend', codes: [1] },
    // Nothing tells whether the token has lost its permission.
    { what: 'leave the reach of the token as they are deactivated', action: 'deactivate', codes: [4, 4, 1] },
  ])('are failed at the end of an input whose others $what', async ({ action, codes }) => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 20 })
      const ids = users.map(({ id }) => id)
      const deactivated = new Set<string>()
      const org = await place.org({
        users,
        fault: (request) => {
          const number = ids.indexOf(request.key ?? '') + 1
          if (request.action === 'deactivate') deactivated.add(request.key ?? '')
          const isOut = number > 16 || (request.action === null && deactivated.has(request.key ?? ''))
          return number > 0 && isOut ? { name: 'forbidden' } : null
        },
      })
      await place.write('in.csv', usersCsv(ids))
      await place.write('job.yaml', `name: leavers\naction: ${action}\nguards: { protect_admins: false }\n`)
      const ends: (number | null)[] = []
      for (let end = 0; end < codes.length; end++) {
        const run = ['run', 'in.csv', '--job', 'job.yaml', ...unattended]
        const { code } = await place.runHere(org, end === 0 ? run : ['resume', runId, '--yes', '--quiet'])
        ends.push(code)
        const { results } = JSON.parse(await place.read(`runs/${runId}/summary.json`))
        expect(results).toMatchObject({ succeeded: 16, failed: code === 4 ? 0 : 4 })
      }
      expect(ends).toEqual(codes)
      expect(Object.keys(org.applied)).toHaveLength(16)
    })
  })

  it.each([11, 20])(
    'do not stop a run for ever if nobody is left but %i who can’t even be read',
    async (count) => {
      await withWorkplace(async (place) => {
        const users = makeUsers({ count })
        const ids = users.map(({ id }) => id)
        const org = await place.org({
          users,
          fault: ({ key }) => (ids.includes(key ?? '') ? { name: 'forbidden' } : null),
        })
        await place.write('in.csv', usersCsv(ids))
        const resume = ['resume', runId, '--yes', '--quiet']
        const codes: (number | null)[] = []
        const run = ['run', 'in.csv', '--action', 'suspend', '--no-protect-admins', ...unattended]
        for (const command of [run, resume, resume]) codes.push((await place.runHere(org, command)).code)
        expect(codes).toEqual([4, 4, 1])
        const { results } = JSON.parse(await place.read(`runs/${runId}/summary.json`))
        expect(results).toMatchObject({ succeeded: 0, failed: count })
      })
    },
  )

  it.each([
    { count: 10, inReach: 6 },
    { count: 10, inReach: 1 },
    { count: 12, inReach: 6 },
    { count: 12, inReach: 1 },
  ])(
    'do not stop a run of $count for ever whose first $inReach have left the reach as they were deactivated',
    async ({ count, inReach }) => {
      await withWorkplace(async (place) => {
        const users = makeUsers({ count })
        const ids = users.map(({ id }) => id)
        const deactivated = new Set<string>()
        const org = await place.org({
          users,
          fault: ({ action, key }) => {
            const number = ids.indexOf(key ?? '') + 1
            if (action !== null) deactivated.add(key ?? '')
            const isOut = number > inReach || (action === null && deactivated.has(key ?? ''))
            return number > 0 && isOut ? { name: 'forbidden' } : null
          },
        })
        await place.write('in.csv', usersCsv(ids))
        const resume = ['resume', runId, '--yes', '--quiet']
        const codes: (number | null)[] = []
        const run = ['run', 'in.csv', '--action', 'deactivate', '--no-protect-admins', ...unattended]
        for (const command of [run, resume, resume]) codes.push((await place.runHere(org, command)).code)
        expect(codes).toEqual([4, 4, 1])
        const { results } = JSON.parse(await place.read(`runs/${runId}/summary.json`))
        expect(results).toMatchObject({ succeeded: inReach, failed: count - inReach })
        expect(Object.values(org.applied)).toEqual(Array(inReach).fill(1))
      })
    },
  )

  it.each([11, 15])('do not stop a run for ever if they are the last %i of the input', async (count) => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 40 })
      const ids = users.map(({ id }) => id)
      const org = await place.org({
        users,
        fault: ({ action, key }) =>
          action !== null && ids.indexOf(key ?? '') >= 40 - count ? { name: 'forbidden' } : null,
      })
      await place.write('in.csv', usersCsv(ids))
      await place.write('job.yaml', 'name: leavers\naction: suspend\nguards: { protect_admins: false }\n')
      const resume = ['resume', runId, '--yes', '--quiet']
      const codes: (number | null)[] = []
      for (const command of [['run', 'in.csv', '--job', 'job.yaml', ...unattended], resume, resume]) {
        const end = await place.runHere(org, command)
        codes.push(end.code)
        const { results } = JSON.parse(await place.read(`runs/${runId}/summary.json`))
        expect(results).toMatchObject({ succeeded: 40 - count, failed: end.code === 4 ? 0 : count })
      }
      expect(codes).toEqual([4, 4, 1])
      expect(Object.values(org.applied)).toEqual(Array(40 - count).fill(1))
    })
  })

  it.each([
    { what: 'come in blocks', isInside: (number: number) => number <= 30 || number % 9 === 0, order: 'user' },
    {
      what: 'come in blocks, with order: step',
      isInside: (number: number) => number % 4 !== 1,
      order: 'step',
    },
  ])('are failed and the others done, where they $what', async ({ isInside, order }) => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 100, factors: 1 })
      const ids = users.map(({ id }) => id)
      const org = await place.org({
        users,
        fault: ({ key }) =>
          key !== null && ids.includes(key) && !isInside(ids.indexOf(key) + 1) ? { name: 'forbidden' } : null,
      })
      await place.write('in.csv', usersCsv(ids))
      await place.write(
        'job.yaml',
        `name: leavers\nsteps: [reset_factors, suspend]\norder: ${order}\nguards: { protect_admins: false }\n`,
      )
      const end = await place.runHere(org, ['run', 'in.csv', '--job', 'job.yaml', ...unattended])
      expect(end.code, end.stderr).toBe(1)
      const inside = ids.filter((_, index) => isInside(index + 1))
      const summary = JSON.parse(await place.read(`runs/${runId}/summary.json`))
      expect(summary.results).toMatchObject({ succeeded: 2 * inside.length, failed: 100 - inside.length })
      expect(Object.keys(org.applied)).toHaveLength(2 * inside.length)
    })
  })

  it.each([1, 3])(
    'are failed where they are named in several ways and can’t even be read, %i at once',
    async (concurrency) => {
      await withWorkplace(async (place) => {
        const users = makeUsers({ count: 22 })
        const outside = new Set(users.slice(0, 14).flatMap(({ id, login }) => [id.toLowerCase(), login]))
        const org = await place.org({
          users,
          latencyMs: 5,
          fault: ({ key }) => (outside.has((key ?? '').toLowerCase()) ? { name: 'forbidden' } : null),
        })
        const rows = users.flatMap(({ id, login }) => [id, login, login.toUpperCase()])
        await place.write('in.csv', usersCsv(rows))
        const asked = ['run', 'in.csv', '--action', 'suspend', '--concurrency', String(concurrency)]
        const end = await place.runHere(org, [...asked, ...unattended])
        expect(end.code, end.stderr).toBe(1)
        expect(Object.keys(org.applied)).toHaveLength(8)
      })
    },
  )

  it.each([
    { what: 'the same ways', last: 0 },
    { what: 'other ways', last: 1 },
  ])('do not stop the run at their later rows, which name them in $what', async ({ last }) => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 37 })
      const outside = users.slice(0, 25)
      const ids = new Set(outside.map(({ id }) => id))
      const org = await place.org({
        users,
        latencyMs: 5,
        fault: ({ action, key }) => (action !== null && ids.has(key ?? '') ? { name: 'forbidden' } : null),
      })
      const rows = users.flatMap(({ id, login }) => {
        const names = [id, login]
        const first = [`${id},suspend`]
        return ids.has(id) ? [...first, `${id},unsuspend`, `${names[last]},suspend`] : first
      })
      await place.write('in.csv', `user,action\n${rows.join('\n')}\n`)
      const end = await place.runHere(org, ['run', 'in.csv', '--concurrency', '10', ...unattended])
      expect(end.code, end.stderr).toBe(1)
      expect(Object.values(org.applied)).toEqual(Array(12).fill(1))
      const summary = JSON.parse(await place.read(`runs/${runId}/summary.json`))
      expect(summary.results).toMatchObject({ succeeded: 12, failed: 50, unchanged: 25, not_run: 0 })
    })
  })

  it('do not keep those from being done who come between the first refused ones and the rest of the input', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 100 })
      const ids = users.map(({ id }) => id)
      const inside = ids.slice(27, 61)
      const org = await place.org({
        users,
        fault: ({ action, key }) =>
          action !== null && !inside.includes(key ?? '') ? { name: 'forbidden' } : null,
      })
      await place.write('in.csv', usersCsv(ids))
      await place.write('job.yaml', 'name: leavers\naction: suspend\nguards: { protect_admins: false }\n')
      let end = await place.runHere(org, ['run', 'in.csv', '--job', 'job.yaml', ...unattended])
      for (let turn = 1; turn <= 4 && Object.keys(org.applied).length < inside.length; turn++)
        end = await place.runHere(org, ['resume', runId, '--yes', '--quiet'])
      expect(Object.values(org.applied), end.stderr).toEqual(Array(inside.length).fill(1))
    })
  })
})
