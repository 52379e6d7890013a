import type { PageFacts, Total } from './page-data.ts'
import { grouped } from './words.ts'

/** What the report answers at a glance. */
export function Summary({ facts }: { readonly facts: PageFacts }) {
  const { people } = facts
  return (
    <header>
      <p class="run">
        {facts.job} · {facts.run}
      </p>
      <h1>{facts.headline}</h1>
      {facts.stopped !== null && (
        <p class="stopped">
          <strong>The run stopped before its end.</strong> <bdi>{facts.stopped}</bdi>
        </p>
      )}
      <p class="next">
        <span>Next:</span> <bdi>{facts.next}</bdi>
      </p>
      <dl class="people">
        <Count name="people" count={people.total} kind="all" />
        <Count name="done" count={people.done} kind="done" />
        <Count name={people.need_you === 1 ? 'needs you' : 'need you'} count={people.need_you} kind="need" />
        <Count name="left alone, as asked" count={people.left_alone} kind="left" />
      </dl>
      <ul class="totals" aria-label="Control totals">
        {facts.totals.map((total) => (
          <li key={total.name}>{sumOf(total)}</li>
        ))}
      </ul>
    </header>
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

/** `415 rows = 412 with tasks + 3 bad`. */
function sumOf({ name, count, parts }: Total): string {
  if (parts.length === 0) return `${grouped(count)} ${name}`
  return `${grouped(count)} ${name} = ${parts.map((part) => `${grouped(part.count)} ${part.name}`).join(' + ')}`
}
