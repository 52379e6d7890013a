import { describe, expect, it } from 'vitest'
import { checkUserKey } from '../../src/input/key/user-key.ts'
import { judgeDue, judgeDueByPlan, judgeUser } from '../../src/rules/row-verdict.ts'

const ada = { id: '00uAda00000000000001', login: 'Ada.Fenwick@example.com' }

function rowOf(text: string, checkLogin: string | null = null) {
  const check = checkUserKey(text)
  if ('problem' in check) throw new Error(check.problem)
  return { user: check.key, keyKind: check.kind, checkLogin }
}

describe('when a row is due', () => {
  it.each([
    [null, 0, null],
    [1_000, 1_000, null],
    [1_000, 5_000, null],
    [1_001, 1_000, 'not_due'],
  ])('%j at %j', (due, now, reason) => {
    expect(judgeDue({ due }, now)?.reason ?? null).toBe(reason)
  })

  it('is said in the words that scripts look for', () => {
    expect(judgeDue({ due: 1_000 }, 0)?.message).toMatch(
      /^not due until 1970-01-01 00:00:01 UTC; a later run/,
    )
  })
})

it('a row that was not due when the plan was made is not due, and any other is', () => {
  const reason = judgeDue({ due: 1_000 }, 0)?.message ?? null
  expect(judgeDueByPlan([{ expected: 'skipped', reason }])).toMatchObject({
    result: 'skipped',
    reason: 'not_due',
    message: expect.stringMatching(/^not due when the plan was made; /),
  })
  expect(judgeDueByPlan([{ expected: 'skipped', reason: 'protected' }])).toBeNull()
  expect(judgeDueByPlan([{ expected: 'succeeded', reason: null }])).toBeNull()
  expect(judgeDueByPlan([])).toBeNull()
})

describe('the user that a key stands for', () => {
  it.each([
    [ada.id, false],
    ['ada.fenwick@example.com', false],
    ['ADA.FENWICK@EXAMPLE.COM', false],
    ['ada.fenwick', true],
    ['Ada.Fenwick', true],
  ])('%s is the one meant (short names allowed: %j)', (key, shortNames) => {
    expect(judgeUser(rowOf(key), ada, shortNames)).toBeNull()
  })

  it.each([
    ['ada.fenwick', false],
    ['ada', true],
    ['ada@example.com', true],
    ['00uAda00000000000002', true],
  ])('%s is somebody else, who is named (short names allowed: %j)', (key, shortNames) => {
    const verdict = judgeUser(rowOf(key), ada, shortNames)
    expect(verdict).toMatchObject({ result: 'failed', reason: null })
    expect(verdict?.message).toContain(ada.login)
  })

  it('has the login that the row gives, compared as Okta does', () => {
    expect(judgeUser(rowOf(ada.id, 'ada.fenwick@EXAMPLE.com'), ada, false)).toBeNull()
    expect(judgeUser(rowOf(ada.id, 'bob@example.com'), ada, false)).toMatchObject({
      result: 'skipped',
      reason: 'other_login',
      message: expect.stringContaining('bob@example.com'),
    })
  })
})
