import { expect, test } from 'vitest'
import { resolveColumns } from '../../src/input/resolve-columns.ts'
import { surveyInput } from '../../src/input/survey.ts'
import { withInput } from './support.ts'

async function warningsOf(
  text: string,
  where: Readonly<Record<string, readonly string[]>> | null = { status: ['Terminated'] },
): Promise<readonly string[]> {
  const settings = { format: 'csv', userColumn: null, actionColumn: null } as const
  return await withInput(text, async (file) => {
    const mapping = await resolveColumns(file, { ...settings, otherColumns: ['status'] })
    const { warnings } = await surveyInput(file, mapping, {
      format: 'csv',
      action: 'suspend',
      steps: null,
      where,
    })
    return warnings.map(({ message }) => message).filter((message) => message.includes('input.where selects'))
  })
}

test('a user with a selected row and one that is left out is pointed out, whichever comes first', async () => {
  const rows = ['Ada@example.com,Terminated', 'bob@example.com,Terminated', 'ada@example.com,Active']
  for (const lines of [rows, rows.toReversed()]) {
    const [message, ...more] = await warningsOf(`email,status\n${lines.join('\n')}\n`)
    expect(message).toMatch(/^1 user in the column "email" has both rows that input\.where selects/)
    expect(message).toMatch(/da@example\.com" \(row 3\)/)
    expect(more).toEqual([])
  }
})

test('two such users are counted once each', async () => {
  const rows = ['ada', 'bob', 'ada'].flatMap((name) => [
    `${name}@example.com,Terminated`,
    `${name}@example.com,Active`,
  ])
  expect(await warningsOf(`email,status\n${rows.join('\n')}\n`)).toEqual([
    expect.stringMatching(/^2 users .* have both .*ada@example\.com" \(row 2\)/),
  ])
})

test.each([
  ['different users', 'email,status\nada@example.com,Terminated\nbob@example.com,Active\n'],
  ['two selected rows', 'email,status\nada@example.com,Terminated\nada@example.com,Terminated\n'],
  ['two rows left out', 'email,status\nada@example.com,Active\nada@example.com,Leave\n'],
  ['a row that names nobody', 'email,status\nada@example.com,Terminated\nTBC,Active\n'],
])('nothing is said of %s', async (_, text) => {
  expect(await warningsOf(text)).toEqual([])
})

test('nothing is said without conditions', async () => {
  expect(
    await warningsOf('email,status\nada@example.com,Terminated\nada@example.com,Active\n', null),
  ).toEqual([])
})
