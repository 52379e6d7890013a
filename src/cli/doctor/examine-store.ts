import { KnownError } from '../../messages/known-error.ts'
import { parseStoreUrl } from '../../store/store-url.ts'
import { type Check, wrong } from './check.ts'
import { judgeStore } from './judge-store.ts'
import { observeStore } from './observe-store.ts'

/** Whether the store at an address will do. */
export async function examineStore(address: string): Promise<readonly Check[]> {
  try {
    const url = parseStoreUrl(address)
    return judgeStore(url.shown, await observeStore(url))
  } catch (error) {
    if (error instanceof KnownError) return [wrong('store', error.message, error.next)]
    throw error
  }
}
