import { Client } from 'pg'
import { expect, it } from 'vitest'
import { observeStore } from '../../../src/cli/doctor/observe-store.ts'
import { parseStoreUrl } from '../../../src/store/store-url.ts'
import { startPostgres, whyNoPostgres } from '../../support/postgres.ts'

it.skipIf((await whyNoPostgres()) !== null)(
  'connections that are kept for administrators are free for them alone',
  async ({ onTestFinished }) => {
    const postgres = await startPostgres(['max_connections=20', 'superuser_reserved_connections=5'])
    onTestFinished(async () => await postgres.remove())
    const client = new Client(postgres.url)
    await client.connect()
    await client.query('CREATE ROLE lifecycle LOGIN')
    await client.end()
    const free = async (user: string): Promise<number> => {
      const seen = await observeStore(parseStoreUrl(postgres.url.replace('postgres@', `${user}@`)))
      if (seen.kind === 'failed') throw seen.error
      return seen.free
    }
    const [administrators, ours] = [await free('postgres'), await free('lifecycle')]
    expect(ours).toBe(administrators - 5)
    expect(administrators).toBeGreaterThan(5)
  },
)
