import { shownValue, unlessSecret } from '../../messages/secret-like.ts'
import { maskSecrets } from '../../okta/mask-secrets.ts'
import { shownOrgUrl } from '../../okta/org-url.ts'
import { proxyCredentials } from '../../okta/proxy.ts'
import {
  isKeyPath,
  type Setting,
  type SettingName,
  type Settings,
  settingNames,
  textOf,
  variableOf,
} from '../../okta/settings.ts'

/** A setting as it is shown: secrets are hidden. */
export interface ShownSetting {
  /** The environment variable, wherever it was set: `OKTA_CLIENT_TOKEN`. */
  readonly name: string
  /** `environment`, or the file. */
  readonly source: string
  readonly value: string
}

const secretNames: ReadonlySet<SettingName> = new Set(['token', 'privateKey'])

/** Variables of the environment that decide about the connection, besides the settings of the org. */
const otherVariables = [
  'HTTPS_PROXY',
  'https_proxy',
  'ALL_PROXY',
  'all_proxy',
  'HTTP_PROXY',
  'http_proxy',
  'NO_PROXY',
  'no_proxy',
  'NODE_EXTRA_CA_CERTS',
  'NODE_TLS_REJECT_UNAUTHORIZED',
] as const

/** The longest value that is shown where a mode or a number belongs, in characters. */
const longestWord = 20

/** How much is shown of an id that may be a token. */
const keptOfId = 6

/** The settings that are set, in a fixed order. */
export function showSettings(
  settings: Settings,
  environment: Readonly<Record<string, string | undefined>>,
): readonly ShownSetting[] {
  const ofOrg = settingNames.flatMap((name) => {
    const setting = settings[name]
    if (setting === undefined) return []
    return [{ name: variableOf(name), source: setting.source, value: hiddenValue(name, setting, settings) }]
  })
  const others = otherVariables.flatMap((name) => {
    const value = environment[name]
    return value === undefined || value === ''
      ? []
      : [{ name, source: 'environment', value: shownVariable(name, value) }]
  })
  return [...ofOrg, ...others]
}

function shownVariable(name: string, value: string): string {
  const credentials = /_proxy$/i.test(name) ? proxyCredentials(value) : null
  if (credentials === null) return unlessSecret(maskSecrets(value))
  const [user = ''] = credentials.split(':')
  const hidden = user === credentials ? '[user]' : `${user}:[password]`
  // A function is given, because a password may hold what `replace` takes for a pattern.
  return unlessSecret(maskSecrets(value.replace(credentials, () => hidden)))
}

function hiddenValue(name: SettingName, setting: Setting, settings: Settings): string {
  const text = textOf(setting)
  if (name === 'orgUrl' && text !== null) return shownOrgUrl(settings)
  if (!secretNames.has(name)) {
    const value = maskSecrets(Array.isArray(setting.value) ? setting.value.join(' ') : (text ?? '[not text]'))
    if (name === 'authorizationMode' || name === 'requestTimeout')
      return value.length <= longestWord ? value : shownValue(value)
    return unlessSecret(value, name === 'scopes' ? 0 : keptOfId)
  }
  return name === 'privateKey' && text !== null && isKeyPath(text) ? text : '[secret]'
}
