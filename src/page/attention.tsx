import type { Attention } from './page-data.ts'
import { grouped } from './words.ts'

/** Each kind of trouble, with its next step. `onShow` is null if the page has no rows to show. */
export function AttentionList(props: {
  readonly attention: readonly Attention[]
  readonly onShow: ((filters: Attention['filters']) => void) | null
}) {
  return (
    <section aria-labelledby="attention">
      <h2 id="attention">What needs you</h2>
      {props.attention.length === 0 && <p class="calm">Nothing. Every task ended as it should.</p>}
      {props.attention.map((kind) => (
        <Kind key={kind.title} kind={kind} onShow={props.onShow} />
      ))}
    </section>
  )
}

function Kind({
  kind,
  onShow,
}: {
  readonly kind: Attention
  readonly onShow: Parameters<typeof AttentionList>[0]['onShow']
}) {
  const more = kind.tasks - kind.examples.length
  return (
    <article class="kind">
      <h3>
        <span class="count">{grouped(kind.tasks)}</span> {kind.title}
      </h3>
      <p>{kind.advice}</p>
      {kind.command !== null && <code class="command">{kind.command}</code>}
      <ul class="examples">
        {kind.examples.map(({ row, user, message }) => (
          <li key={`${row} ${message}`}>
            <bdi class="user">{user === '' ? `row ${row}` : user}</bdi>
            {message !== '' && <bdi class="message">{message}</bdi>}
          </li>
        ))}
      </ul>
      <p class="more">
        {more > 0 && <span>and {grouped(more)} more </span>}
        {onShow !== null && (
          <button type="button" onClick={() => onShow(kind.filters)}>
            Show in the table<span class="unseen">: {kind.title}</span>
          </button>
        )}
      </p>
    </article>
  )
}
