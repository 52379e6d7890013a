import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const usual = '/usr/bin/chromium'

/**
 * The browser's program; null if this machine has none.
 *
 * @throws Error when CHROMIUM_PATH names a program that is not there: whoever sets it wants the tests to run
 */
export function chromiumPath(): string | null {
  const wanted = process.env.CHROMIUM_PATH
  if (wanted !== undefined && !existsSync(wanted))
    throw new Error(`CHROMIUM_PATH is ${wanted}, which does not exist`)
  if (wanted !== undefined) return wanted
  return existsSync(usual) ? usual : null
}

export async function launch(executablePath: string): Promise<Browser> {
  // A container's root has no sandbox, and a small /dev/shm.
  return await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] })
}
