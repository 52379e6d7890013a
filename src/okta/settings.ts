import { shellWord } from '../messages/shell-word.ts'

/** The settings of the org, by their names under `okta.client` in okta.yaml. Source: the READMEs of Okta's SDKs. */
export const settingNames = [
  'orgUrl',
  'token',
  'authorizationMode',
  'clientId',
  'scopes',
  'keyId',
  'privateKey',
  'requestTimeout',
] as const

export type SettingName = (typeof settingNames)[number]

/** A setting, and where it came from. */
export interface Setting {
  /** As the source gives it: a text from the environment; a text, number, list or mapping from a file. */
  readonly value: unknown
  /** `environment`, or the file. */
  readonly source: string
  /** The environment variable; null if the setting came from a file. */
  readonly variable: string | null
  /** The setting with its place, for messages: `OKTA_CLIENT_TOKEN`, `okta.client.token in ./okta.yaml`. */
  readonly place: string
}

/** What is set. Settings that no source gives are absent. */
export type Settings = Readonly<Partial<Record<SettingName, Setting>>>

/** A name as people misspell it: without letter case and separators. */
export function plainName(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z]/g, '')
}

/** The environment variable of a setting: `OKTA_CLIENT_ORGURL`. */
export function variableOf(name: SettingName): string {
  return `OKTA_CLIENT_${name.toUpperCase()}`
}

/** The settings of an environment. A variable that is empty counts as absent. */
export function settingsOfEnvironment(environment: Readonly<Record<string, string | undefined>>): Settings {
  const settings: Partial<Record<SettingName, Setting>> = {}
  for (const name of settingNames) {
    const variable = variableOf(name)
    const value = environment[variable]
    if (value !== undefined && value.trim() !== '') {
      settings[name] = { value, source: 'environment', variable, place: variable }
    }
  }
  return settings
}

/** Settings of several sources as one: a later source wins, setting by setting. */
export function mergeSettings(...sources: readonly Settings[]): Settings {
  return Object.assign({}, ...sources) as Settings
}

/** A setting as text, trimmed; null if it is absent or empty. Lists and mappings are not text. */
export function textOf(setting: Setting | undefined): string | null {
  if (setting === undefined) return null
  const { value } = setting
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return null
  const text = String(value).trim()
  return text === '' ? null : text
}

/** What to type to set a setting where it is set now; in the environment if it is set nowhere. */
export function howToSet(settings: Settings, name: SettingName, value: string): string {
  const setting = settings[name]
  if (setting === undefined || setting.variable !== null) {
    return `export ${variableOf(name)}=${value === '…' ? value : shellWord(value)}`
  }
  return `Set ${setting.place} to ${value === '…' ? 'the right value' : value}`
}

/** Whether the setting of a private key is the path of a file. A key is longer, or has characters that no such path has. */
export function isKeyPath(text: string): boolean {
  return text.length < 200 && /^[\w.~/\\: -]+\.\w+$/.test(text)
}
