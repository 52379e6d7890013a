import { createOktaClient } from '../../okta/client.ts'
import { OktaClock } from '../../okta/clock.ts'
import type { Connection } from '../../okta/connection.ts'
import { belongToServiceApp } from '../../okta/credentials.ts'
import { scopesFor } from '../../okta/oauth/scopes.ts'
import { programVersion } from '../version.ts'
import type { Check } from './check.ts'
import { type ExaminedJob, wantsOf } from './examine-job.ts'
import type { ExaminedSettings } from './examine-settings.ts'
import { judgeGuards } from './judge-guards.ts'
import {
  judgeClock,
  judgeCredentials,
  judgeLimits,
  judgeOwner,
  judgeReachable,
  judgeRole,
} from './judge-org.ts'
import { judgeTls } from './judge-tls.ts'
import { judgeScopes, judgeTokenLife } from './judge-token.ts'
import { observeOrg } from './observe-org.ts'
import { observeTls } from './observe-tls.ts'

/** The longest time limit of a request, in ms: `doctor` does not wait as long as a run does. */
const mostPatientMs = 10_000

/** Asks the org what a run would, and judges its answers. */
export async function examineOrg(
  given: Connection,
  { unusedProxy, extraCa }: Pick<ExaminedSettings, 'unusedProxy' | 'extraCa'>,
  job: Pick<ExaminedJob, 'guards' | 'actions'>,
): Promise<readonly Check[]> {
  const connection = { ...given, requestTimeoutMs: Math.min(given.requestTimeoutMs, mostPatientMs) }
  const { orgUrl, credentials } = connection
  const clock = new OktaClock()
  const wants = wantsOf(job)
  const scopes = scopesFor({
    protect_admins: wants.admins !== 'nothing',
    protect_groups: wants.groups,
  })
  const client = createOktaClient({
    connection,
    clock,
    connections: 1,
    userAgent: `okta-lifecycle/${programVersion}`,
    scopes,
    // The client's warning about the clock is muted: the clock has a check of its own.
    say: () => {},
    limitPatienceMs: mostPatientMs,
  })
  try {
    const seen = await observeOrg(client, clock, wants)
    const ofServiceApp = belongToServiceApp(credentials)
    const { owner, list, user } = seen
    return [
      judgeReachable(orgUrl, owner, unusedProxy),
      ...judgeTls(await observeTls(orgUrl, connection.proxy, connection.requestTimeoutMs), extraCa),
      ...judgeClock(seen.machineBehindMs),
      ...judgeCredentials(owner),
      ...judgeTokenLife(credentials, clock.now()),
      ...judgeScopes(credentials, scopes),
      ...judgeOwner(owner, ofServiceApp),
      ...judgeRole(list, user, ofServiceApp),
      ...judgeLimits({ '/api/v1/users': list, '/api/v1/users/{id}': user, '/api/v1/users/me': owner }),
      ...judgeGuards(seen),
    ]
  } finally {
    await client.close()
  }
}
