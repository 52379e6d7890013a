import { statSync } from 'node:fs'
import { readRegularNow } from '../../files/read-regular.ts'
import { KnownError } from '../../messages/known-error.ts'
import { type Connection, readConnection } from '../../okta/connection.ts'
import { proxyFor, type UnusedProxy, unusedProxy } from '../../okta/proxy.ts'
import { type Settings, settingsOfEnvironment } from '../../okta/settings.ts'
import { type OrgSettings, readKeyFile, readOrgSettings } from '../org-settings.ts'
import { type Check, fine, wrong } from './check.ts'
import {
  judgeExtraCa,
  judgeMisspelled,
  judgeOtherKeys,
  judgeProxy,
  judgeSecretFiles,
  judgeTlsOff,
  judgeUnused,
  type SecretFile,
} from './judge-settings.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The settings, what was found in them, and the connection that they describe. */
export interface ExaminedSettings {
  readonly settings: Settings
  readonly checks: readonly Check[]
  /** Whether any source has settings of an org, readable or not. */
  readonly isSet: boolean
  /** Null if the settings describe none. */
  readonly connection: Connection | null
  readonly unusedProxy: UnusedProxy | null
  /** The file of more CAs that is in use; null if there is none. */
  readonly extraCa: string | null
}

/** Reads the settings as a run does, and looks for what a person may have overlooked. */
export async function examineSettings(environment: Environment): Promise<ExaminedSettings> {
  const { NODE_EXTRA_CA_CERTS: caPath } = environment
  const ofCa = judgeExtraCa(caPath, extraCaOf(environment))
  const extraCa = ofCa.some(({ ok }) => ok) ? (caPath ?? null) : null
  const ofEnvironment = [...judgeTlsOff(environment), ...ofCa]
  let read: OrgSettings
  try {
    read = await readOrgSettings(environment)
  } catch (error) {
    if (!(error instanceof KnownError)) throw error
    return {
      settings: settingsOfEnvironment(environment),
      isSet: true,
      checks: [wrong('settings', error.message, error.next), ...ofEnvironment],
      connection: null,
      unusedProxy: null,
      extraCa,
    }
  }
  const { settings, files } = read
  const keys = files.flatMap(({ others }) => others)
  const isSet = Object.keys(settings).length > 0
  const keyFiles: SecretFile[] = []
  const withSecrets = files.filter(
    ({ settings: own }) => own.token !== undefined || own.privateKey !== undefined,
  )
  const others = [
    ...judgeMisspelled(environment, keys),
    ...judgeOtherKeys(keys),
    ...judgeUnused(settings),
    ...ofEnvironment,
  ]
  const readKey = (path: string): string => {
    const text = readKeyFile(path)
    keyFiles.push(...modeOf(path))
    return text
  }
  try {
    const direct = readConnection(settings, readKey)
    const connection = { ...direct, proxy: proxyFor(direct.orgUrl, environment) }
    const unused = unusedProxy(direct.orgUrl, environment)
    const secretFiles = judgeSecretFiles([...withSecrets.flatMap(({ path }) => modeOf(path)), ...keyFiles])
    const checks = [
      fine('settings', 'The settings are complete and valid.'),
      ...secretFiles,
      ...judgeProxy(connection.proxy, unused),
      ...others,
    ]
    return { settings, isSet, checks, connection, unusedProxy: unused, extraCa }
  } catch (error) {
    if (!(error instanceof KnownError)) throw error
    return {
      settings,
      isSet,
      checks: [wrong('settings', error.message, error.next), ...others],
      connection: null,
      unusedProxy: null,
      extraCa,
    }
  }
}

/** Empty on Windows, which has no such permissions. */
function modeOf(path: string): readonly SecretFile[] {
  return process.platform === 'win32' ? [] : [{ path, mode: statSync(path).mode }]
}

function extraCaOf({ NODE_EXTRA_CA_CERTS: path }: Environment): string | null | undefined {
  if (path === undefined || path === '') return undefined
  try {
    return readRegularNow(path)
  } catch {
    return null
  }
}
