import okta from '@okta/okta-sdk-nodejs'
import { idsFrom, report } from './job.ts'

/**
 * Okta's Node SDK with its default retries, as an administrator's script would use it, with a fixed number of calls in
 * flight. One in flight is the plain loop; as many as there are users is `Promise.all` over them.
 */
const { url, token, ids, inFlight, reads } = idsFrom(process.argv)
const client = new okta.Client({ orgUrl: url, token })
let next = 0
let succeeded = 0

async function work(): Promise<void> {
  for (let id = ids[next++]; id !== undefined; id = ids[next++]) {
    try {
      if (reads) await client.userApi.getUser({ userId: id })
      await client.userApi.suspendUser({ userId: id })
      succeeded++
    } catch {
      // Counted as failed: the script goes on with the next user.
    }
  }
}

await Promise.all(Array.from({ length: Math.min(inFlight, ids.length) }, work))
report({ succeeded, failed: ids.length - succeeded })
