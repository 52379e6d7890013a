import { shownTime } from '../messages/shown-time.ts'
import type { Timeline } from './page-data.ts'
import { grouped } from './words.ts'

/** The requests of each bar, for those who can't see the bars. */
export function TimelineTable({ timeline: { from, step, counts } }: { readonly timeline: Timeline }) {
  return (
    <details>
      <summary>The same as a table</summary>
      <table class="small">
        <thead>
          <tr>
            <th scope="col">From (UTC)</th>
            <th scope="col">Requests</th>
          </tr>
        </thead>
        <tbody>
          {counts.map((count, index) => (
            <tr key={index}>
              <td>{shownTime(new Date(from + index * step * 1000).toISOString())}</td>
              <td>{count === 0 ? 'none' : grouped(count)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  )
}
