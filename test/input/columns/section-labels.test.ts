import { expect, it } from 'vitest'
import { readRows } from '../../../src/input/read-rows.ts'
import { resolveColumns } from '../../../src/input/resolve-columns.ts'
import { collect, withInput } from '../support.ts'

async function actedOn(text: string): Promise<string[]> {
  return await withInput(text, async (file) => {
    const mapping = await resolveColumns(file, { format: 'csv', userColumn: null, actionColumn: null })
    const rows = await collect(readRows(file, mapping, { format: 'csv', action: 'suspend', steps: null }))
    return rows.flatMap((row) => (row.kind === 'valid' ? [row.user] : []))
  })
}

it.each(['Do not suspend', 'Not leaving', 'Exclude', 'STAYING:', "don't touch", 'nicht sperren!'])(
  'a label %s spares its row, and before the users those below it',
  async (label) => {
    expect(
      await actedOn(
        `Section,Email\nLeavers,ada@example.com\n,bob@example.com\n"${label}",zoe@example.com\n,yan@example.com\nLeavers,cy@example.com\n`,
      ),
    ).toEqual(['ada@example.com', 'bob@example.com', 'cy@example.com'])
    expect(
      await actedOn(`Email,Note\nada@example.com,\nzoe@example.com,"${label}"\nbob@example.com,\n`),
    ).toEqual(['ada@example.com', 'bob@example.com'])
  },
)

it.each(['Keep mailbox for a year', 'no laptop', 'Staying until May, then gone', 'not yet told'])(
  'a note such as %s spares nobody',
  async (note) => {
    expect(await actedOn(`Email,Note\nada@example.com,"${note}"\n`)).toEqual(['ada@example.com'])
  },
)
