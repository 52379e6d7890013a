import { Instruction } from './instruction.tsx'
import type { Attention, PageFacts } from './page-data.ts'
import { grouped } from './words.ts'

interface AttentionProps {
  readonly facts: Pick<PageFacts, 'attention' | 'tasks'>
  /** Null if the page has no rows to show. */
  readonly onShow: ((filters: Attention['filters']) => void) | null
}

/** Each kind of trouble, with its next step. */
export function AttentionList({ facts: { attention, tasks }, onShow }: AttentionProps) {
  return (
    <section aria-labelledby="attention">
      <h2 id="attention">What needs you</h2>
      {attention.length === 0 && (
        <p class="calm">{tasks === 0 ? 'Nothing.' : 'Nothing. Every task ended as it should.'}</p>
      )}
      {attention.map((kind) => (
        <Kind key={kind.title} kind={kind} onShow={onShow} />
      ))}
    </section>
  )
}

function Kind({ kind, onShow }: { readonly kind: Attention } & Pick<AttentionProps, 'onShow'>) {
  const { title, tasks, advice, command, result, filters, examples } = kind
  const more = tasks - examples.length
  return (
    <article class={`kind ${result}`}>
      <div>
        <h3>
          <span class="count">{grouped(tasks)}</span> {title}
        </h3>
        <p>{advice}</p>
        {command !== null && (
          <p>
            <Instruction text={command} />
          </p>
        )}
        {onShow !== null && (
          <button type="button" onClick={() => onShow(filters)}>
            Show in the table<span class="unseen">: {title}</span>
          </button>
        )}
      </div>
      <ul class="examples">
        {examples.map(({ row, user, message }) => (
          <li key={`${row} ${message}`}>
            <bdi class="user">{user === '' ? `row ${row}` : user}</bdi>
            {message !== '' && <bdi class="message">{message}</bdi>}
          </li>
        ))}
        {more > 0 && <li class="message">and {grouped(more)} more</li>}
      </ul>
    </article>
  )
}
