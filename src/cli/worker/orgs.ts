import { statSync } from 'node:fs'
import { Refusal } from '../../messages/known-error.ts'
import { shellWord } from '../../messages/shell-word.ts'
import { requireCertificateChecks } from '../../okta/certificate-checks.ts'
import { type Connection, readConnection } from '../../okta/connection.ts'
import { proxyFor } from '../../okta/proxy.ts'
import { configuredOrg, type RunOrg } from '../org.ts'
import { readKeyFile, readSmallFile } from '../org-settings.ts'

/** The orgs that a worker has credentials for, by their URL. */
export type Orgs = ReadonlyMap<string, RunOrg>

/** The variable that names the file of orgs where --orgs does not. */
const orgsVariable = 'OKTA_LIFECYCLE_ORGS'

/**
 * Reads the orgs that a worker works for: those of a file, or the one of the settings.
 *
 * @param path of the file; undefined: the environment names it, or there is none
 * @throws Refusal when the file can be read by others, or an entry is not valid
 */
export async function readOrgs(path: string | undefined): Promise<Orgs> {
  const file = path ?? process.env[orgsVariable]
  if (file === undefined || file.trim() === '') {
    const org = await configuredOrg()
    return new Map([[org.orgUrl, org]])
  }
  const text = readPrivate(file)
  const { parseOrgsFile } = await import('../../okta/settings-file.ts')
  const orgs = new Map<string, RunOrg>()
  for (const settings of parseOrgsFile(text, file)) {
    const direct = readConnection(settings, readKeyFile)
    const { orgUrl } = direct
    if (orgs.has(orgUrl)) throw new Refusal(`${file} names ${orgUrl} twice.`, 'Keep one entry for each org.')
    requireCertificateChecks(orgUrl, process.env)
    orgs.set(orgUrl, orgOf({ ...direct, proxy: proxyFor(orgUrl, process.env) }))
  }
  return orgs
}

function orgOf(connection: Connection): RunOrg {
  return { connection, orgUrl: connection.orgUrl, keep: async () => {}, close: async () => {} }
}

/** @throws Refusal when the file can't be read, or by others too */
function readPrivate(path: string): string {
  try {
    if ((statSync(path).mode & 0o077) !== 0) {
      throw new Refusal(
        `${path} holds credentials, and other users of this host may read it.`,
        `chmod 600 ${shellWord(path)}`,
      )
    }
    return readSmallFile(path)
  } catch (error) {
    if (error instanceof Refusal) throw error
    const { code } = error as NodeJS.ErrnoException
    throw new Refusal(
      `The file of orgs ${path} can't be read (${code ?? String(error)}).`,
      'Check --orgs or OKTA_LIFECYCLE_ORGS',
      error,
    )
  }
}
