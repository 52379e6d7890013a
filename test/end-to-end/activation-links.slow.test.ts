import { expect, it } from 'vitest'
import { makeUsers } from '../support/foreign-org/user.ts'
import { linksJob, parseCsv, runId, unattended, usersCsv, withWorkplace } from './workplace.ts'

it('every user has a link in the file or is told that it is lost, however often the run is killed', async () => {
  await withWorkplace(async (place) => {
    const count = 120
    const users = makeUsers({ count, status: 'STAGED' })
    const org = await place.orgProcess({ users, latencyMs: 20 })
    await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
    await place.write('job.yaml', linksJob)
    const impatient = { env: { OKTA_CLIENT_REQUESTTIMEOUT: '1' } }
    let args = ['run', 'in.csv', '--job', 'job.yaml', ...unattended]
    for (let kill = 1; kill <= 5; kill++) {
      const cli = place.start(org, args, impatient)
      await org.waitForRequests(kill * 35)
      cli.kill('SIGKILL')
      await cli.ended
      args = ['resume', runId, '--yes', '--quiet']
    }
    const end = await place.run(org, args, impatient)
    const summary = JSON.parse(await place.read(`runs/${runId}/summary.json`))
    const kept = new Set(parseCsv(await place.read('links.csv')).map(({ okta_user_id }) => okta_user_id))
    for (const { okta_user_id, message, result } of await place.results()) {
      expect(result).toBe('succeeded')
      expect(/link is lost/.test(message ?? ''), `${okta_user_id}: ${message}`).toBe(!kept.has(okta_user_id))
    }
    const lost = users.filter(({ id }) => !kept.has(id)).length
    expect(summary.lost_links ?? 0).toBe(lost)
    // Whoever was activated and has no link has no way in, so somebody must look.
    expect(end.code, end.stderr).toBe(lost === 0 ? 0 : 1)
  })
})
