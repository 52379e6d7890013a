import { randomUUID } from 'node:crypto'
import type { Ledger } from '../budget/ledger.ts'
import { mostSilent } from '../budget/pacer.ts'
import { Tally } from '../budget/tally.ts'
import type { Job } from '../job/job.ts'
import { openLookup } from '../lookup/lookup.ts'
import type { LookupParts } from '../lookup/paced-get.ts'
import { readTokenOwner } from '../lookup/read-owner.ts'
import { exitCodes } from '../messages/known-error.ts'
import { StopSwitch } from '../messages/stop.ts'
import { createOktaClient } from '../okta/client.ts'
import { OktaClock } from '../okta/clock.ts'
import { belongToServiceApp } from '../okta/credentials.ts'
import { checkScopes } from '../okta/oauth/check-scopes.ts'
import { scopesFor } from '../okta/oauth/scopes.ts'
import type { TokenOwner } from '../rules/guards.ts'
import type { RunOrg } from './org.ts'
import type { SentBefore } from './sent-before.ts'
import { sharedBudget } from './shared-budget.ts'
import { programVersion } from './version.ts'

/** What it takes to ask an org before a run. */
export interface AskOptions {
  readonly job: Pick<Job, 'pace'> & {
    readonly guards: Pick<Job['guards'], 'protect_admins' | 'protect_groups'>
  }
  readonly org: RunOrg
  /** Ends the reads when it is turned, and is turned by the reads when they find a reason to stop. */
  readonly stop: StopSwitch
  readonly say: (line: string) => void
  /** Whether it is asked for a saved plan that is about to be carried out. */
  readonly byPlan?: boolean
  /** Requests that are still to be sent. */
  readonly workLeft: () => number
  /** Records what is sent, because it counts for a run that follows at once; left out when none follows. */
  readonly sent?: SentBefore | undefined
}

/**
 * Does work that only reads, over a connection to the org like that of an execution. Reads still under way when the
 * work ends are given up.
 */
export async function askOrg<T>(
  options: AskOptions,
  work: (lookup: LookupParts, owner: TokenOwner) => Promise<T>,
): Promise<T> {
  const { job, org, stop, say, sent } = options
  const { orgUrl, credentials } = org.connection
  // What is asked here changes nothing; and which guards will have something to judge is not known yet.
  const { protect_admins: protectsAdmins } = job.guards
  checkScopes(
    credentials,
    scopesFor({ ...job.guards, protect_admins: protectsAdmins === true }).filter(
      (scope) => scope !== 'okta.users.manage',
    ),
    options.byPlan,
  )
  const clock = sent?.clock ?? new OktaClock()
  // The reads have a switch of their own, because they end with the work, and what follows may still send.
  const reads = new StopSwitch()
  const pass = (): void => {
    if (stop.reason !== null) reads.turn(stop.reason)
  }
  pass()
  stop.signal.addEventListener('abort', pass, { once: true })
  const client = createOktaClient({
    connection: org.connection,
    clock,
    connections: job.pace.concurrency + mostSilent,
    userAgent: `okta-lifecycle/${programVersion}`,
    scopes: scopesFor(job.guards),
    say,
  })
  // Reads change nothing, so work that stops does not wait for those under way.
  reads.signal.addEventListener('abort', () => void client.close(), { once: true })
  const tally = new Tally()
  const open = await sharedBudget(org, { claim: null, holder: `asks/${randomUUID()}`, clock })
  let principal: string | null = null
  let ledger: Ledger | null = null
  const lookup = openLookup({
    openLedger:
      open &&
      ((facts) => {
        ledger = open(facts, () => principal)
        return ledger
      }),
    ...job.pace,
    orgUrl,
    clock,
    stop: reads,
    tally,
    send: async (request, mayLeave) => {
      const answer = await client.send(request, mayLeave)
      tally.request(request, answer)
      return answer
    },
    say,
    earlierSends: (bucket) => sent?.times(bucket, clock.known ? clock.nowAtMost() : null) ?? [],
    onPermits: (bucket, count) =>
      sent?.add(bucket, clock.leaving(), count, clock.known ? clock.nowAtLeast() : null),
    onLimit: (bucket, limit) => sent?.showLimit(bucket, limit),
    workLeft: options.workLeft,
  })
  try {
    const owner = await readTokenOwner(lookup, { orgUrl, ofServiceApp: belongToServiceApp(credentials) })
    principal = owner?.id ?? 'none'
    return await work(lookup, owner)
  } finally {
    stop.signal.removeEventListener('abort', pass)
    if (reads.reason !== null) stop.turn(reads.reason)
    const message = 'the reads have ended'
    reads.turn({ state: 'interrupted', exitCode: exitCodes.done, message, advice: { kind: 'go_on' } })
    lookup.pacer.stop()
    for (const [bucket, until] of lookup.pacer.exhausted()) sent?.showExhausted(bucket, until)
    await client.close()
    await closeLedger(ledger)
  }
}

async function closeLedger(ledger: Ledger | null): Promise<void> {
  await ledger?.close()
}
