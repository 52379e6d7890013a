import { describe, expect, it } from 'vitest'
import { cellsOfLeftAs, judgeLeftAs, leftAsColumns, parseLeftAs } from '../../src/rules/left-as.ts'

const left = {
  statuses: ['SUSPENDED'],
  from: Date.parse('2026-03-02T10:00:05.400Z'),
  until: Date.parse('2026-03-02T10:00:06.100Z'),
} as const

function judged(status: 'SUSPENDED' | 'ACTIVE', statusChanged: string | null): string | null {
  return judgeLeftAs(left, { status, statusChanged }, 'r1')?.message ?? null
}

describe('a user whom a run left so', () => {
  it.each(['2026-03-02T10:00:05.000Z', '2026-03-02T10:00:06.000Z', '2026-03-02T10:00:05.700Z'])(
    'is one whose status changed in the span of the call: %s',
    (changed) => expect(judged('SUSPENDED', changed)).toBeNull(),
  )

  it.each(['2026-03-02T10:00:04.000Z', '2026-03-02T10:00:07.000Z', '2026-03-02T10:00:06.200Z', null, 'soon'])(
    'is not one whose status is of another time: %s',
    (changed) => expect(judged('SUSPENDED', changed)).toContain('left alone'),
  )

  it('is not one of another status, and both facts are said', () => {
    expect(judged('ACTIVE', '2026-03-02T10:00:06.000Z')).toBe(
      'run r1 left this user SUSPENDED at 2026-03-02T10:00:06.100Z; user is now ACTIVE since 2026-03-02T10:00:06.000Z, so somebody else has changed the user, who is left alone',
    )
  })

  it('can’t be told without what the run left', () => {
    expect(judgeLeftAs(null, { status: 'SUSPENDED', statusChanged: null }, 'r1')).toMatchObject({
      reason: 'changed_since_run',
    })
  })
})

describe('the cells of an undo’s input', () => {
  const cells = (...texts: readonly string[]) => new Map(leftAsColumns.map((name, at) => [name, texts[at]]))

  it('come back as they were', () => {
    const several = { ...left, statuses: ['ACTIVE', 'PROVISIONED'] } as const
    for (const one of [left, several]) expect(parseLeftAs(cells(...cellsOfLeftAs(one)))).toEqual(one)
  })

  it('say nothing where they can’t be understood', () => {
    const [as = '', from = '', until = ''] = cellsOfLeftAs(left)
    expect(parseLeftAs(cells('', from, until))).toBeNull()
    expect(parseLeftAs(cells('GONE', from, until))).toBeNull()
    expect(parseLeftAs(cells(as, '', until))).toBeNull()
    expect(parseLeftAs(new Map())).toBeNull()
  })
})
