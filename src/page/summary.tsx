import { Instruction } from './instruction.tsx'
import type { PageFacts, Total } from './page-data.ts'
import { counted, grouped, shownDate } from './words.ts'

/** What the report answers at a glance. */
export function Summary({ facts }: { readonly facts: PageFacts }) {
  const { people } = facts
  return (
    <header>
      <p class="run">
        <strong>
          <bdi>{facts.job}</bdi>
        </strong>{' '}
        · {shownDate(facts.finished)} · <bdi>{facts.org.replace(/^https:\/\//, '')}</bdi>
      </p>
      <h1>{facts.headline}</h1>
      {facts.stopped !== null && (
        <p class="stopped">
          <strong>The run stopped before its end.</strong> <bdi>{facts.stopped}</bdi>
        </p>
      )}
      <p class="next">
        <strong>Next:</strong> <Instruction text={facts.next} />
      </p>
      {people.total > 0 && <People people={people} />}
      <ul class="totals" aria-label="Control totals">
        {facts.totals.map((total) => (
          <li key={total.name}>{sumOf(total)}</li>
        ))}
      </ul>
    </header>
  )
}

/** How many people are done and how many are not, in numbers and, for the eye, as a bar. */
function People({ people }: Pick<PageFacts, 'people'>) {
  const { total, done, need_you, left_alone } = people
  const parts = [
    { kind: 'done', from: 0, count: done },
    { kind: 'need', from: done, count: need_you },
    { kind: 'left', from: done + need_you, count: left_alone },
  ]
  return (
    <>
      <svg class="parts" viewBox={`0 0 ${total} 1`} preserveAspectRatio="none" aria-hidden="true">
        {parts.map(({ kind, from, count }) => (
          <rect key={kind} class={kind} x={from} y={0} width={count} height={1} />
        ))}
      </svg>
      <dl class="people">
        <Count name={total === 1 ? 'person' : 'people'} count={total} kind="all" />
        <Count name="done" count={done} kind="done" />
        <Count name={need_you === 1 ? 'needs you' : 'need you'} count={need_you} kind="need" />
        <Count name="left alone, as asked" count={left_alone} kind="left" />
      </dl>
    </>
  )
}

function Count(props: { readonly name: string; readonly count: number; readonly kind: string }) {
  return (
    <div class={`number ${props.kind} ${props.count === 0 ? 'zero' : ''}`}>
      <dt>{props.name}</dt>
      <dd>{grouped(props.count)}</dd>
    </div>
  )
}

/** `415 rows = 412 with tasks + 3 bad`. Parts with a count of 0 are left out. */
function sumOf({ name, count, parts }: Total): string {
  const some = parts.filter((part) => part.count > 0)
  if (some.length === 0) return counted(count, name)
  return `${counted(count, name)} = ${some.map((part) => `${grouped(part.count)} ${part.name}`).join(' + ')}`
}
