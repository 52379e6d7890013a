import PQueue from 'p-queue'
import { describeNext, type StopReason } from '../../messages/stop.ts'
import type { RunOrg } from '../org.ts'
import type { Orgs } from './orgs.ts'

/** How long an org is left alone before it is asked again. */
const askAgainMs = 60_000
/** A worker may have hundreds of orgs. */
const askedAtOnce = 4
/** How long the first look at open runs waits for the orgs' answers. One that is away answers much later. */
const firstAnswersMs = 2_000

/** What an org says to the credentials; `unknown` if it can't be asked now. */
export type Welcome =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'refused'; readonly reason: StopReason }
  | { readonly kind: 'unknown' }

/** Asks an org whether it accepts the credentials. Never rejects. */
export type AskCredentials = (org: RunOrg) => Promise<Welcome>

export interface OrgsAtHandOptions {
  readonly orgs: Orgs
  readonly ask: AskCredentials
  readonly say: (line: string) => void
  /** Called when the runs of an org may be taken. */
  readonly onOpen: () => void
}

/**
 * What is known of the credentials for an org.
 *
 * - **asked**: the org is being asked. Accepted → open. Refused → left. Unknown, and nothing was known before → open: each
 *   run waits for the org, or tells why it can't, by itself. Unknown after a refusal → left.
 * - **open**: its runs and schedules are taken. A run that ends because Okta refuses → asked.
 * - **left**: they are left to other workers, which may have other credentials. A minute later → asked.
 */
type Standing =
  | { readonly at: 'asked' }
  | { readonly at: 'open' }
  | { readonly at: 'left'; readonly askAt: number; readonly isTold: boolean }

/**
 * The orgs whose runs a worker takes.
 *
 * - **O1** Once an org has refused the credentials, or a run there has ended because Okta refused, no run of it is claimed
 *   and no schedule seen to before it has accepted them. So a worker whose token is refused stops no more than one run that
 *   others could do, and none if the token was refused from the start.
 */
export class OrgsAtHand {
  readonly #options: OrgsAtHandOptions
  readonly #standing = new Map<string, Standing>()
  readonly #asking = new PQueue({ concurrency: askedAtOnce })

  constructor(options: OrgsAtHandOptions) {
    this.#options = options
  }

  get open(): Orgs {
    return new Map([...this.#options.orgs].filter(([url]) => this.#standing.get(url)?.at === 'open'))
  }

  /**
   * Asks those of which nothing is known, and those that refused a while ago.
   *
   * @param now by the monotonic clock, in ms
   */
  look(now: number): void {
    for (const [url, org] of this.#options.orgs) {
      const known = this.#standing.get(url)
      if (known === undefined) this.#ask(url, org, 'nothing', false)
      else if (known.at === 'left' && known.askAt <= now) this.#ask(url, org, 'left', known.isTold)
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
    if (org !== undefined && this.#standing.get(url)?.at === 'open') this.#ask(url, org, 'open', false)
  }

  /** @param isTold whether it has been said that the org refuses: it is said once, and not each minute */
  #ask(url: string, org: RunOrg, after: 'nothing' | 'open' | 'left', isTold: boolean): void {
    const { ask, say, onOpen } = this.#options
    this.#standing.set(url, { at: 'asked' })
    void this.#asking.add(async () => {
      const welcome = await ask(org)
      if (welcome.kind === 'accepted' || (welcome.kind === 'unknown' && after === 'nothing')) {
        if (isTold) say(`${url}: Okta accepts the credentials again.`)
        this.#standing.set(url, { at: 'open' })
        onOpen()
        return
      }
      if (welcome.kind === 'refused' && !isTold)
        say(
          `${url}: ${welcome.reason.message} Its runs are left to other workers, and it is asked again each minute. → ${describeNext(welcome.reason.advice, 'start this worker again')}`,
        )
      this.#standing.set(url, {
        at: 'left',
        askAt: performance.now() + askAgainMs,
        isTold: isTold || welcome.kind === 'refused',
      })
    })
  }
}
