import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { actionNames, parseAction, ruleOf } from '../../src/okta/actions.ts'
import { userStatuses } from '../../src/okta/status.ts'
import { actionTable, defaultSendEmail, doubtLooksAt, refusedAs } from './action-table.ts'

describe('the table of actions', () => {
  it('has the seven actions and the eight statuses of the documents', () => {
    expect([...actionNames].sort()).toEqual(Object.keys(actionTable).sort())
    for (const row of Object.values(actionTable))
      expect([...userStatuses].sort()).toEqual(Object.keys(row).sort())
  })

  it.each(Object.entries(actionTable))(
    '%s is sent, unchanged or failed as the documents say',
    (name, row) => {
      const action = parseAction(name)
      expect(action).toBe(name)
      if (action === null) return
      const rule = ruleOf(action)
      const found = Object.fromEntries(
        userStatuses.map((status) => {
          const sent = rule.sentFrom.includes(status)
          const unchanged = rule.unchangedIn.includes(status)
          expect(sent && unchanged).toBe(false)
          return [status, sent ? 'S' : unchanged ? 'U' : 'F']
        }),
      )
      expect(found).toEqual(row)
    },
  )

  it.each(actionNames)('%s is refused, mailed and settled as the documents say', (action) => {
    const { refusal, sendEmailDefault, doubt } = ruleOf(action)
    expect(refusal === null ? null : `${refusal.httpStatus} ${refusal.errorCode}`).toBe(refusedAs[action])
    expect(sendEmailDefault).toBe(defaultSendEmail[action])
    expect(doubt).toBe(doubtLooksAt[action])
  })

  it('honours respond-async for deactivate alone, and expects links of activate and reactivate alone', () => {
    expect(actionNames.filter((action) => ruleOf(action).respondsAsync)).toEqual(['deactivate'])
    expect(actionNames.filter((action) => ruleOf(action).answersWithLink)).toEqual(['activate', 'reactivate'])
  })

  it('leads to statuses from which the same action is not sent again, except where that does no harm', () => {
    for (const action of actionNames) {
      const { target, sentFrom } = ruleOf(action)
      if (action !== 'unlock') expect(target.filter((status) => sentFrom.includes(status))).toEqual([])
    }
  })
})

describe('parseAction', () => {
  it.each([
    ['suspend', 'suspend'],
    [' Suspend ', 'suspend'],
    ['UNSUSPEND', 'unsuspend'],
    ['reset_factors', 'reset_factors'],
    ['resetFactors', 'reset_factors'],
    ['reset-factors', 'reset_factors'],
    ['Reset Factors', 'reset_factors'],
    ['RESET_FACTORS', 'reset_factors'],
    ['\tdeactivate\u00a0', 'deactivate'],
  ])('reads %j as %s', (text, action) => {
    expect(parseAction(text)).toBe(action)
  })

  it.each([
    '',
    ' ',
    'delete',
    'suspended',
    'reset',
    'reset.factors',
    'activate!',
    '__proto__',
    'constructor',
  ])('reads nothing from %j', (text) => {
    expect(parseAction(text)).toBeNull()
  })

  it('never reads one action as another, however it is spelled', () => {
    const spelling = fc.constantFrom(...actionNames).chain((action) =>
      fc.array(fc.boolean(), { minLength: action.length, maxLength: action.length }).map((upper) => ({
        action,
        text: [...action].map((letter, i) => (upper[i] ? letter.toUpperCase() : letter)).join(''),
      })),
    )
    fc.assert(fc.property(spelling, ({ action, text }) => parseAction(text) === action))
  })
})
