import { maskSecrets } from '../../okta/mask-secrets.ts'
import {
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
  'HTTP_PROXY',
  'http_proxy',
  'NO_PROXY',
  'no_proxy',
  'NODE_EXTRA_CA_CERTS',
  'NODE_TLS_REJECT_UNAUTHORIZED',
] as const

/** The settings that are set, in a fixed order. */
export function showSettings(
  settings: Settings,
  environment: Readonly<Record<string, string | undefined>>,
): readonly ShownSetting[] {
  const ofOrg = settingNames.flatMap((name) => {
    const setting = settings[name]
    if (setting === undefined) return []
    return [{ name: variableOf(name), source: setting.source, value: shownValue(name, setting) }]
  })
  const others = otherVariables.flatMap((name) => {
    const value = environment[name]
    return value === undefined || value === ''
      ? []
      : [{ name, source: 'environment', value: maskSecrets(value) }]
  })
  return [...ofOrg, ...others]
}

function shownValue(name: SettingName, setting: Setting): string {
  const text = textOf(setting)
  if (!secretNames.has(name)) {
    return maskSecrets(Array.isArray(setting.value) ? setting.value.join(' ') : (text ?? '[not a text]'))
  }
  // The path of a key file is not a secret. A key is longer, or has characters that this pattern does not allow.
  const isPath =
    name === 'privateKey' && text !== null && text.length < 200 && /^[\w.~/\\: -]+\.\w+$/.test(text)
  return isPath ? text : '[secret]'
}
