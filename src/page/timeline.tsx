import { renderDuration } from '../messages/duration.ts'
import { shownTime } from '../messages/shown-time.ts'
import type { Timeline } from './page-data.ts'
import { findPauses } from './pauses.ts'
import { TimelineTable } from './timeline-table.tsx'
import { counted, grouped } from './words.ts'

const [width, height] = [960, 160]

/** Fewer bars show nothing that the sentence above them does not say. */
const fewestBars = 5

/** When lifecycle calls were sent. */
export function TimelineChart({ timeline }: { readonly timeline: Timeline }) {
  const { from, step, counts, limit, share } = timeline
  const total = counts.reduce((sum, count) => sum + count, 0)
  const timeAt = (index: number) => shownTime(new Date(from + index * step * 1000).toISOString())
  const of =
    limit === null
      ? 'Okta showed no limit for them'
      : `Okta's limit for them was ${grouped(limit)} per window, of which the run could use ${grouped(Math.max(1, Math.floor(limit * share)))}`
  return (
    <section aria-labelledby="timeline">
      <h2 id="timeline">Requests against the limit</h2>
      <p>
        {counted(total, 'requests')} counted as lifecycle calls, from {timeAt(0)} to {timeAt(counts.length)}{' '}
        (UTC). {of}.
      </p>
      {counts.length >= fewestBars && <Bars timeline={timeline} />}
    </section>
  )
}

/** Requests as bars, with the pauses between them. A table below shows the same. */
function Bars({ timeline }: { readonly timeline: Timeline }) {
  const { step, counts } = timeline
  const most = counts.reduce((highest, count) => Math.max(highest, count), 1)
  const pauses = findPauses(timeline)
  const [wide, high] = [width / counts.length, height / most]
  return (
    <>
      <p>
        Each bar covers {renderDuration(step)}; the highest stands for {counted(most, 'requests')}.
        {pauses.length > 0 &&
          ' The shaded times are pauses, in which nothing was sent: mostly waits for the next rate-limit window, or the time between a stop and its resume.'}
      </p>
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true" class="timeline">
        <title>Requests over time</title>
        {pauses.map(({ first, end }) => (
          <rect
            key={first}
            class="pause"
            x={first * wide}
            y={0}
            width={(end - first) * wide}
            height={height}
          />
        ))}
        {counts.map((count, index) =>
          count === 0 ? null : (
            <rect
              key={index}
              class="bar"
              x={index * wide}
              y={height - count * high}
              width={Math.max(1, wide - 1)}
              height={count * high}
            />
          ),
        )}
      </svg>
      <TimelineTable timeline={timeline} />
    </>
  )
}
