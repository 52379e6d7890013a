import { describe, expect, it } from 'vitest'
import { withOwner } from '../../src/run/owner.ts'
import { plainRun } from '../engine/plain-run.ts'
import { knownErrorOf } from '../journal/support.ts'

const ada = { id: '00uAda00000000000001', login: 'ada@example.com' }
const fresh = { ...plainRun(), owner: null }

describe('the owner of a run’s token', () => {
  it('is kept once Okta has shown it', () => {
    const said: string[] = []
    expect(withOwner(fresh, ada, (line) => said.push(line)).owner).toEqual(ada)
    expect(said).toEqual([])
    expect(withOwner(fresh, null, (line) => said.push(line)).owner).toBe('none')
    expect(said).toEqual([expect.stringContaining('service app')])
  })

  it('must stay the same: by id, whatever the login says now', () => {
    const run = { ...fresh, owner: ada }
    expect(withOwner(run, { ...ada, login: 'renamed@example.com' }, () => {})).toBe(run)
    const app = { ...fresh, owner: 'none' as const }
    expect(withOwner(app, null, () => {})).toBe(app)
  })

  it.each([
    [ada, { ...ada, id: '00uBob00000000000002' }],
    [ada, null],
    ['none' as const, ada],
  ])('is refused where it was %j and is %j', async (before, now) => {
    const error = await knownErrorOf(() => withOwner({ ...fresh, owner: before }, now, () => {}))
    expect(error.message).toMatch(/began with a token of .*, but the token that is set now belongs to /)
  })
})
