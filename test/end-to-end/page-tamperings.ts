import { type Change, edit, editPage, type Files, type Line, put, type Tampering } from './tamper-with.ts'

interface Counted {
  value?: string
  count: number
}

/** What the page's facts hold, as far as it is changed here. */
interface Facts {
  totals: { parts: Counted[] }[]
  values: Record<string, Counted[]>
  attention: (Line & { tasks: number; examples: Line[] })[]
  lag: Line & { late: Line[] }
  timeline: Line & { counts: number[] }
  facts: { name: string; value: string }[]
}

const facts = (change: (content: Facts) => void): Change => editPage<Facts>('facts', change)

function first<T>(list: readonly T[] | undefined): T {
  const [one] = list ?? []
  if (one === undefined) throw new Error('the page has none')
  return one
}

function fact(name: string, value: string): Tampering {
  return [
    `${name} on the page`,
    facts(({ facts: all }) => {
      first(all.filter((one) => one.name === name)).value = value
    }),
  ]
}

/** As if nobody had the first kind of trouble: in the list, in the rows and in the filter. */
function withoutFirstTrouble(files: Files): void {
  let title: unknown
  facts(({ attention, values }) => {
    title = attention.shift()?.title
    const all = values['\u0000needs'] ?? []
    const gone = first(all.filter(({ value }) => value === title))
    first(all.filter(({ value }) => value === '\u0000')).count += gone.count
    values['\u0000needs'] = all
      .filter((one) => one !== gone)
      .toSorted((some, other) => other.count - some.count)
  })(files)
  editPage<unknown[][]>('rows', (rows) => {
    for (const row of rows) if (row.at(-1) === title) row[row.length - 1] = null
  })(files)
}

/** What may be changed on the page, apart from its rows. */
export const pageTamperings: readonly Tampering[] = [
  ...[
    'headline',
    'org',
    'job',
    'run',
    'finished',
    'stopped',
    'next',
    'tasks',
    'hasRows',
    'columns',
    'people',
  ].map(
    (name): Tampering => [
      `${name} on the page`,
      editPage('facts', (content) => put(content, name, 'another')),
    ],
  ),
  fact('Started by', 'somebody on elsewhere'),
  fact('Token of', 'somebody (00u1234567890abcdefg)'),
  fact('At work', '2 s in 1 execution'),
  fact('Requests', '1: 1 lifecycle calls, 0 reads'),
  fact('From', '2020-01-01 00:00:00 (UTC)'),
  fact('SHA-256 of the input', '0'.repeat(64)),
  fact('SHA-256 of the job', '0'.repeat(64)),
  fact('Last link of the journal', '0'.repeat(32)),
  fact('Exit status', '0'),
  [
    'a fact more on the page',
    facts((content) => content.facts.push({ name: 'Approved by', value: 'the board' })),
  ],
  ['a fact less on the page', facts((content) => content.facts.splice(2, 1))],
  ['a control total of rows on the page', facts((content) => first(first(content.totals).parts).count++)],
  [
    'a control total of tasks on the page',
    facts((content) => first(first(content.totals.slice(1)).parts).count++),
  ],
  ['control totals less on the page', facts((content) => content.totals.pop())],
  ['the median of lags on the page', facts(({ lag }) => put(lag, 'median', 1))],
  ['the bound of lags on the page', facts(({ lag }) => put(lag, 'bound', 1))],
  ['a late task on the page', facts(({ lag }) => put(first(lag.late), 'lag', 1))],
  ['no lags on the page', editPage('facts', (content) => put(content, 'lag', null))],
  ['a bar of the timeline', facts(({ timeline }) => timeline.counts.push(1))],
  ['the beginning of the timeline', facts(({ timeline }) => put(timeline, 'from', 0))],
  ['the limit in the timeline', facts(({ timeline }) => put(timeline, 'limit', 7))],
  ['the share in the timeline', facts(({ timeline }) => put(timeline, 'share', 0.1))],
  ['the values of a filter', facts((content) => first(content.values.result).count++)],
  ['how many need somebody', facts(({ attention }) => first(attention).tasks++)],
  ['whoever needs somebody, left out', facts(({ attention }) => attention.pop())],
  [
    'who needs somebody',
    facts(({ attention }) => put(first(first(attention).examples), 'user', 'else@example.com')),
  ],
  [
    'why somebody is needed',
    facts(({ attention }) => put(first(first(attention).examples), 'message', 'all is well')),
  ],
  [
    'how those ended who need somebody',
    facts(({ attention }) => Object.assign(first(attention), { result: 'skipped' })),
  ],
  [
    'a row that no longer needs anybody',
    editPage<unknown[][]>('rows', (rows) => {
      const row = first(rows.filter((cells) => cells.at(-1) !== null))
      row[row.length - 1] = null
    }),
  ],
  [
    'what is shown of those who need somebody',
    facts(({ attention }) => put(first(attention), 'filters', {})),
  ],
  ['a kind of trouble, wherever the page has it', withoutFirstTrouble],
  [
    'facts after the facts',
    edit('report.html', '</body>', '<script type="application/json" class="facts">{}</script></body>'),
  ],
  ['the headline without a script', edit('report.html', /<h1>\d/, '<h1>9')],
  ['what comes next without a script', edit('report.html', /<p>Next: /, '<p>Next: nothing, or ')],
]
