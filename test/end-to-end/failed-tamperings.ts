import { type Change, editJson, editLines, type Line, put, type Tampering } from './tamper-with.ts'

const lines = (change: (lines: string[]) => void): Change => editLines('failed.csv', change)

/** Changes a line of failed.csv, counted from its header. */
const line = (at: number, from: string | RegExp, to: string): Change =>
  lines((all) => {
    const before = all[at] ?? ''
    const after = before.replace(from, to)
    if (after === before) throw new Error(`nothing to change in line ${at} of failed.csv: ${before}`)
    all[at] = after
  })

/** What may be changed in failed.csv. Its count of rows stays, or fits the summary. */
export const failedTamperings: readonly Tampering[] = [
  ['a cell of failed.csv', line(1, 'Nemo', 'Eve')],
  ['a user of failed.csv', line(1, 'gone@example.com', 'ceo@example.com')],
  ['the reason in failed.csv', line(1, /failed: .*/, 'failed: nothing to see here')],
  ['the reason of a bad row in failed.csv', line(2, /[^,]*$/, 'skipped: no matter')],
  ['a column of failed.csv', line(0, 'action', 'actions')],
  ['a column more in failed.csv', lines((all) => void all.splice(0, 99, ...all.map((one) => `x,${one}`)))],
  ['a row twice in failed.csv', lines((all) => void all.splice(2, 1, all[1] ?? ''))],
  ['two rows of failed.csv swapped', lines((all) => void all.splice(1, 2, all[2] ?? '', all[1] ?? ''))],
  [
    'a row of failed.csv that was done',
    (files) => {
      const [, done = ''] = (files.get('input.csv') ?? '').split('\n')
      line(1, /.*/, `${done},failed: `)(files)
    },
  ],
  [
    'a row less in failed.csv, also in its count',
    (files) => {
      lines((all) => void all.splice(1, 1))(files)
      const left = (files.get('failed.csv') ?? '').split('\n').length - 2
      editJson('summary.json', (content: Line) => put(content, 'rows_to_feed', left))(files)
    },
  ],
]
