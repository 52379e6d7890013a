import type { PageFacts } from './page-data.ts'

/** What an auditor asks: who, where, with what, when; and what the report does not show. */
export function Facts({ facts }: { readonly facts: PageFacts }) {
  return (
    <>
      <section aria-labelledby="facts">
        <h2 id="facts">This run</h2>
        <dl class="facts">
          {facts.facts.map(({ name, value }) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>
                <bdi>{value}</bdi>
              </dd>
            </div>
          ))}
        </dl>
      </section>
      <section aria-labelledby="not-shown">
        <h2 id="not-shown">What this report does not show</h2>
        <ul>
          {facts.notShown.map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      </section>
    </>
  )
}
