import { expect, it } from 'vitest'
import { clientId, makeKeys } from '../okta/oauth/service-app-client.ts'
import { startForeignAuthorization } from '../support/foreign-authorization/server.ts'
import { makeUsers, userIdOf } from '../support/foreign-org/user.ts'
import { expectAppliedOnce, runId, unattended, usersCsv, withWorkplace } from './workplace.ts'

it('a token endpoint that stays away stops the run with 3 after 45 s; resume finishes when it is back', async () => {
  await withWorkplace(async (place) => {
    const keys = makeKeys('ES256')
    const org = await place.org({ users: makeUsers({ count: 2 }), ownerId: null })
    const authorization = await startForeignAuthorization({
      org,
      clientId,
      publicJwk: keys.publicJwk,
      dpop: true,
    })
    const env = {
      OKTA_CLIENT_ORGURL: authorization.url,
      OKTA_CLIENT_AUTHORIZATIONMODE: 'PrivateKey',
      OKTA_CLIENT_CLIENTID: clientId,
      OKTA_CLIENT_PRIVATEKEY: keys.pem,
    }
    try {
      authorization.setAway(true)
      await place.write('in.csv', usersCsv([userIdOf(1), userIdOf(2)]))
      const begun = performance.now()
      const end = await place.run(null, ['run', 'in.csv', '--action', 'suspend', ...unattended], { env })
      const seconds = (performance.now() - begun) / 1000
      expect(end.code, end.stderr).toBe(3)
      expect(seconds).toBeGreaterThan(44)
      expect(seconds).toBeLessThan(75)
      expect(end.stderr).toMatch(/no access token could be obtained: the answer was 503 with HTML/)
      expect(org.requests).toEqual([])
      authorization.setAway(false)
      const resumed = await place.run(null, ['resume', runId, '--yes', '--quiet'], { env })
      expect(resumed.code, resumed.stderr).toBe(0)
      expectAppliedOnce(org.applied, [`${userIdOf(1)} suspend`, `${userIdOf(2)} suspend`])
    } finally {
      await authorization.close()
    }
  })
}, 150_000)
