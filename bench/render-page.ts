import type { PageTimes } from './page-times.ts'

interface MeasuredPage extends PageTimes {
  readonly rows: number
  readonly megabytes: number
}

const heading = '## The page of a report'

/** The section of BENCHMARKS.md about `report.html`. */
export function pageSection(
  date: string,
  machine: string,
  openings: number,
  pages: readonly MeasuredPage[],
): string {
  const head = ['rows', 'MB', 'opens', 'first search', 'later search', 'filter', 'sort']
  const lines = pages.map((page) => [
    page.rows.toLocaleString('en-US'),
    page.megabytes.toFixed(1),
    ...[page.open, page.firstSearch, page.search, page.filter, page.sort].map(
      (time) => `${(time / 1000).toFixed(2)} s`,
    ),
  ])
  const table = [head, head.map(() => '---:'), ...lines].map((cells) => `| ${cells.join(' | ')} |`)
  return `${[
    heading,
    '',
    `Measured on ${date} on ${machine}, in headless Chromium, window of 1280 pixels; medians of ${openings} openings, each in`,
    'a new browser. Opening lasts from the navigation until the headline and the first rows are painted; a search, from',
    'the key until the one row that it finds is painted. The first search comes at once after opening, before the page has',
    'prepared its rows. To repeat: `npm run bench:page`.',
    '',
    ...table,
  ].join('\n')}\n`
}

/** BENCHMARKS.md with this section, which comes before the part that is written by hand. */
export function withSection(benchmarks: string, section: string): string {
  const [before = '', after = ''] = benchmarks.split('\n## Choices\n')
  const start = before.indexOf(`\n${heading}\n`)
  const kept = start === -1 ? before : before.slice(0, start)
  return `${kept.trimEnd()}\n\n${section}\n## Choices\n${after}`
}
