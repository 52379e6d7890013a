import { unlessSecret } from '../../messages/secret-like.ts'
import type { HttpProxy, UnusedProxy } from '../../okta/proxy.ts'
import {
  plainName,
  type SettingName,
  type Settings,
  settingNames,
  textOf,
  variableOf,
} from '../../okta/settings.ts'
import { keyUnlessSecret } from '../../okta/settings-file.ts'
import { type Check, fine, wrong } from './check.ts'

/** A file that holds a secret, and who may read it. */
export interface SecretFile {
  readonly path: string
  /** The permission bits. */
  readonly mode: number
}

/** Variables and keys that look like a setting but are not one. Nothing else would show that they are not read. */
export function judgeMisspelled(
  environment: Readonly<Record<string, string | undefined>>,
  keys: readonly string[],
): readonly Check[] {
  const known = new Set<string>(settingNames.map(variableOf))
  const likely = new Map<string, SettingName>([
    ...settingNames.flatMap((name): [string, SettingName][] => [
      [plainName(variableOf(name)), name],
      [plainName(`OKTA_${name}`), name],
    ]),
    ['oktaapitoken', 'token'],
    ['oktaapikey', 'token'],
    ['oktaclientapitoken', 'token'],
    ['oktaorgname', 'orgUrl'],
    ['oktadomain', 'orgUrl'],
    ['oktaclientscope', 'scopes'],
  ])
  const found = [
    ...Object.keys(environment).filter((name) => /^okta/i.test(name) && !known.has(name)),
    ...keys,
  ]
  return found.flatMap((name) => {
    const isKey = keys.includes(name)
    // In okta.yaml, what belongs under okta.client is often put at the top.
    if (isKey && plainName(name) === 'client') return [misspelled(name, 'okta.client')]
    const meant = likely.get(plainName(name)) ?? (isKey ? likely.get(`okta${plainName(name)}`) : undefined)
    return meant === undefined ? [] : [misspelled(name, isKey ? `okta.client.${meant}` : variableOf(meant))]
  })
}

function misspelled(name: string, right: string): Check {
  return wrong('settings_misspelled', `${name} is not read by this program.`, `Rename it to ${right}`)
}

/** Keys of okta.yaml that are not read, because they are for Okta's SDKs. */
export function judgeOtherKeys(keys: readonly string[]): readonly Check[] {
  if (keys.length === 0) return []
  return [
    fine(
      'settings_not_used',
      `These keys are not used by this program: ${keys.map(keyUnlessSecret).join(', ')}.`,
    ),
  ]
}

/** Credentials that are set but not used, because the authorization mode needs others. */
export function judgeUnused(settings: Settings): readonly Check[] {
  const mode = (textOf(settings.authorizationMode) ?? 'SSWS').toLowerCase()
  const unused =
    mode === 'privatekey' ? (['token'] as const) : (['privateKey', 'clientId', 'keyId', 'scopes'] as const)
  const found = unused.flatMap((name) => settings[name]?.place ?? [])
  if (found.length === 0) return []
  const meant =
    mode === 'privatekey' ? 'SSWS (an API token) or Bearer (an access token)' : 'PrivateKey (a service app)'
  return [
    wrong(
      'settings_unused',
      `Set, but not used with the authorization mode ${textOf(settings.authorizationMode) ?? 'SSWS'}: ${found.join(', ')}.`,
      `Remove what is not used, or set OKTA_CLIENT_AUTHORIZATIONMODE to ${meant}`,
    ),
  ]
}

/** Files with secrets must be readable by their owner alone. */
export function judgeSecretFiles(files: readonly SecretFile[]): readonly Check[] {
  return files
    .filter(({ mode }) => (mode & 0o077) !== 0)
    .map(({ path, mode }) =>
      wrong(
        'secret_files',
        `${path} contains a secret, and other users of this machine may read or change it (mode ${(mode & 0o777).toString(8)}).`,
        `chmod 600 ${path}`,
      ),
    )
}

/** A variable that turns off all checks of certificates, for this program too. */
export function judgeTlsOff(environment: Readonly<Record<string, string | undefined>>): readonly Check[] {
  if (environment.NODE_TLS_REJECT_UNAUTHORIZED !== '0') return []
  return [
    wrong(
      'tls_checks',
      'NODE_TLS_REJECT_UNAUTHORIZED=0 turns off all checks of certificates: anybody between this machine and Okta could read the token.',
      "unset NODE_TLS_REJECT_UNAUTHORIZED, and name your company's CA with NODE_EXTRA_CA_CERTS",
    ),
  ]
}

/**
 * @param content the content of the file that NODE_EXTRA_CA_CERTS names; null if it can't be read, undefined if none is
 * named
 */
export function judgeExtraCa(path: string | undefined, content: string | null | undefined): readonly Check[] {
  if (path === undefined || path === '' || content === undefined) return []
  const fix =
    'Set NODE_EXTRA_CA_CERTS to a file with the CA certificates of your company in PEM, before the program starts'
  if (content === null) {
    return [
      wrong(
        'extra_ca',
        `NODE_EXTRA_CA_CERTS names ${unlessSecret(path)}, which can't be read, so it has no effect.`,
        fix,
      ),
    ]
  }
  const count = content.match(/-----BEGIN (?:TRUSTED )?CERTIFICATE-----/g)?.length ?? 0
  if (count === 0)
    return [
      wrong(
        'extra_ca',
        `NODE_EXTRA_CA_CERTS names ${unlessSecret(path)}, which contains no certificate in PEM.`,
        fix,
      ),
    ]
  return [fine('extra_ca', `${count} more CA certificate${count === 1 ? '' : 's'} from ${path}.`)]
}

/** Which proxy requests go through. Whether it lets them through is seen only when the org is asked. */
export function judgeProxy(proxy: HttpProxy | null, unused: UnusedProxy | null): readonly Check[] {
  if (unused !== null) {
    const { variable, exceptions } = unused
    return [
      fine(
        'proxy',
        `Requests go straight to the org: ${exceptions} exempts it from the proxy in ${variable}.`,
      ),
    ]
  }
  if (proxy === null) return []
  const withUser = proxy.authorization === null ? 'without a user' : 'with a user and password'
  return [fine('proxy', `Requests go through the proxy ${proxy.uri} (${proxy.variable}), ${withUser}.`)]
}
