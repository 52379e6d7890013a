import { describe, expect, it } from 'vitest'
import { afterKnown } from '../../src/rules/verdict-after-loss.ts'

const evidence = 'user is ACTIVE since 2026-03-02T10:00:00.000Z'

describe('what an earlier call of ours explains', () => {
  it.each(['applied', 'unknown'] as const)(
    'shows nothing of a lost unlock (%s), which may be sent again, since a second one does no harm',
    (kind) => {
      expect(afterKnown('unlock', { kind, evidence })).toMatchObject({ kind: 'not_applied' })
    },
  )

  it('leaves every other lost call in doubt', () => {
    expect(afterKnown('activate', { kind: 'applied', evidence })).toMatchObject({ kind: 'unknown' })
    const unknown = { kind: 'unknown', evidence } as const
    expect(afterKnown('activate', unknown)).toBe(unknown)
  })

  it.each(['not_applied', 'someone_else'] as const)('changes nothing where it is %s', (kind) => {
    const verdict = { kind, evidence }
    expect(afterKnown('unlock', verdict)).toBe(verdict)
  })
})
