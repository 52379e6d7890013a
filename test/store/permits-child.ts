import { OktaClock } from '../../src/okta/clock.ts'
import { openTables } from '../../src/store/postgres-tables.ts'
import { SharedLedger } from '../../src/store/shared-ledger.ts'
import { parseStoreUrl } from '../../src/store/store-url.ts'

/** Takes permits of a bucket, says how many, and keeps them until it is killed. */
async function main([url = '', org = '', want = '']: readonly string[]): Promise<void> {
  const tables = await openTables(parseStoreUrl(url), 2)
  const ledger = new SharedLedger({
    tables,
    org,
    principal: () => '00uowner',
    claim: null,
    holder: 'killed:1',
    clock: new OktaClock(),
    facts: { share: 0.5, earlierSends: () => [] },
  })
  let taken = 0
  while (taken === 0)
    taken = (await ledger.lease('/api/v1/users', Number(want), { workLeft: 1, silent: 0 })).length
  process.stdout.write(`${taken}\n`)
  setInterval(() => {}, 1_000)
}

await main(process.argv.slice(2))
