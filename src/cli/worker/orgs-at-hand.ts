import PQueue from 'p-queue'
import { describeNext, type StopReason } from '../../messages/stop.ts'
import type { RunOrg } from '../org.ts'
import type { Orgs } from './orgs.ts'

/** How long an org that refuses the credentials is left alone before it is asked again. */
const askAgainMs = 60_000
/** A worker may have hundreds of orgs. */
const askedAtOnce = 4
/** How long the first look at open runs waits for the orgs' answers. One that is away answers much later. */
const firstAnswersMs = 2_000

/** Asks an org whether it accepts the credentials: why not, or null. Null as well if it can't be asked now. Never rejects. */
export type AskCredentials = (org: RunOrg) => Promise<StopReason | null>

export interface OrgsAtHandOptions {
  readonly orgs: Orgs
  readonly ask: AskCredentials
  readonly say: (line: string) => void
  /** Called when an org has been found to accept the credentials. */
  readonly onAccepted: () => void
}

/**
 * What is known of the credentials for an org.
 *
 * - **asked**: the org is being asked. → accepted, or refused.
 * - **accepted**: its runs and schedules are taken. A run that ends because Okta refuses → asked.
 * - **refused**: they are left to other workers, which may have other credentials. A minute later → asked.
 */
type Standing =
  | { readonly at: 'asked' }
  | { readonly at: 'accepted' }
  | { readonly at: 'refused'; readonly askAt: number }

/**
 * The orgs whose runs a worker takes: those that accept its credentials.
 *
 * - **O1** No run is claimed, and no schedule seen to, in an org that has not accepted the credentials since the worker
 *   began, nor since a run there ended because Okta refused. So a worker whose token is refused stops no more than one run
 *   that others could do, and none if the token was refused from the start.
 */
export class OrgsAtHand {
  readonly #options: OrgsAtHandOptions
  readonly #standing = new Map<string, Standing>()
  readonly #asking = new PQueue({ concurrency: askedAtOnce })

  constructor(options: OrgsAtHandOptions) {
    this.#options = options
  }

  /** Those that accept the credentials, as far as known. */
  get accepted(): Orgs {
    return new Map([...this.#options.orgs].filter(([url]) => this.#standing.get(url)?.at === 'accepted'))
  }

  /**
   * Asks those of which nothing is known, and those that refused a while ago.
   *
   * @param now by the monotonic clock, in ms
   */
  look(now: number): void {
    for (const [url, org] of this.#options.orgs) {
      const known = this.#standing.get(url)
      if (known === undefined || (known.at === 'refused' && known.askAt <= now)) this.#ask(url, org, known)
    }
  }

  /** Asks all, and waits a moment for their answers, so that what is open is taken up at once. */
  async begin(): Promise<void> {
    this.look(performance.now())
    let timer: NodeJS.Timeout | undefined
    const enough = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, firstAnswersMs)
    })
    await Promise.race([this.#asking.onIdle(), enough])
    clearTimeout(timer)
  }

  /** Asks an org again in which a run has just ended because Okta refused. */
  doubt(url: string): void {
    const org = this.#options.orgs.get(url)
    if (org !== undefined && this.#standing.get(url)?.at === 'accepted') this.#ask(url, org, undefined)
  }

  #ask(url: string, org: RunOrg, before: Standing | undefined): void {
    const { ask, say, onAccepted } = this.#options
    this.#standing.set(url, { at: 'asked' })
    void this.#asking.add(async () => {
      const why = await ask(org)
      if (why === null) {
        if (before !== undefined) say(`${url}: Okta accepts the credentials again.`)
        this.#standing.set(url, { at: 'accepted' })
        onAccepted()
        return
      }
      // It is said once, and not each minute.
      if (before === undefined)
        say(
          `${url}: ${why.message} Its runs are left to other workers, and it is asked again each minute. → ${describeNext(why.advice, 'start this worker again')}`,
        )
      this.#standing.set(url, { at: 'refused', askAt: performance.now() + askAgainMs })
    })
  }
}
