import { Pool } from 'undici'
import { idsFrom, report } from './job.ts'

/**
 * The floor: the same requests in a bare loop, with no limit, no journal, no report. With `reads`, each user is read
 * before the call, as our tool does.
 */
const { url, token, ids, inFlight, reads } = idsFrom(process.argv)
const pool = new Pool(url, { connections: inFlight, pipelining: 1 })
const headers = { authorization: `SSWS ${token}`, accept: 'application/json' }
let next = 0
let succeeded = 0

async function work(): Promise<void> {
  for (let id = ids[next++]; id !== undefined; id = ids[next++]) {
    if (reads) {
      const read = await pool.request({ method: 'GET', path: `/api/v1/users/${id}`, headers })
      await read.body.json()
    }
    const response = await pool.request({
      method: 'POST',
      path: `/api/v1/users/${id}/lifecycle/suspend`,
      headers,
    })
    await response.body.text()
    if (response.statusCode === 200) succeeded++
  }
}

await Promise.all(Array.from({ length: inFlight }, work))
await pool.close()
report({ succeeded, failed: ids.length - succeeded })
