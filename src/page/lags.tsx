import { renderLag } from '../messages/duration.ts'
import type { PageLag } from './page-data.ts'
import { grouped } from './words.ts'

/** How long after their due times tasks were done. */
export function Lags({ lag }: { readonly lag: PageLag }) {
  return (
    <section aria-labelledby="lag">
      <h2 id="lag">From due to done</h2>
      <p>
        Of {grouped(lag.tasks)} tasks that had a due time, half were done within {renderLag(lag.median)}, 95
        of 100 within {renderLag(lag.p95)}, the last one after {renderLag(lag.worst)}.
        {lag.bound !== null &&
          ` The job allows ${renderLag(lag.bound)}; ${grouped(lag.overBound)} took longer.`}
      </p>
      {lag.late.length < lag.overBound && lag.late.length > 0 && (
        <p>The {grouped(lag.late.length)} that took longest:</p>
      )}
      {lag.late.length > 0 && (
        <ul class="examples late">
          {lag.late.map(({ row, user, lag: seconds }) => (
            <li key={`${row} ${seconds}`}>
              <bdi class="user">{user}</bdi>{' '}
              <span class="message">
                row {row}, after {renderLag(seconds)}
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
