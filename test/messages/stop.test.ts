import { expect, it } from 'vitest'
import { describeNext } from '../../src/messages/stop.ts'

it('says both ways to go on where there is a choice', () => {
  const advice = {
    kind: 'choice',
    fix: 'Give it the role',
    unless: 'it needs none',
    flags: '--without',
  } as const
  expect(describeNext(advice, 'okta-lifecycle resume r')).toBe(
    'Give it the role, then: okta-lifecycle resume r. If it needs none: okta-lifecycle resume r --without',
  )
})
