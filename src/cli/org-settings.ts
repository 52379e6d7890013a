import { readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { Refusal } from '../messages/known-error.ts'
import { mergeSettings, type Settings, settingsOfEnvironment } from '../okta/settings.ts'
import type { SettingsFile } from '../okta/settings-file.ts'

/** The settings of the org from all sources, and the files that they were read from. */
export interface OrgSettings {
  readonly settings: Settings
  readonly files: readonly (SettingsFile & { readonly path: string })[]
}

/**
 * Reads the settings in rising precedence, setting by setting: `~/.okta/okta.yaml`, `./okta.yaml`, the environment.
 * Source: okta-sdk-nodejs, src/config-loader.js.
 *
 * @throws Refusal when a file exists but can't be read
 */
export async function readOrgSettings(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<OrgSettings> {
  const home = environment.HOME ?? homedir()
  const files = [
    await readSettings(join(home, '.okta', 'okta.yaml'), '~/.okta/okta.yaml'),
    await readSettings('okta.yaml', './okta.yaml'),
  ].filter((file) => file !== null)
  const settings = mergeSettings(...files.map((file) => file.settings), settingsOfEnvironment(environment))
  return { settings, files }
}

/** Reads the file of a private key; `~/` at its beginning is the home directory. */
export function readKeyFile(path: string): string {
  return readSmallFile(path.startsWith('~/') ? join(homedir(), path.slice(2)) : path)
}

/** Reads a file at once. Refuses a pipe or a device, which might never end. */
export function readSmallFile(path: string): string {
  const stats = statSync(path)
  if (!stats.isFile() && !stats.isDirectory())
    throw Object.assign(new Error('not a regular file'), { code: 'not a regular file' })
  return readFileSync(path, 'utf8')
}

async function readSettings(path: string, shown: string): Promise<OrgSettings['files'][number] | null> {
  let text: string
  try {
    // Reading synchronously does no harm: the files are small, and nothing is under way yet.
    text = readSmallFile(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    throw new Refusal(
      `${shown} can't be read (${code ?? String(error)}).`,
      `Let this user read ${shown}, or move it away`,
      error,
    )
  }
  // The YAML parser is loaded only when there is YAML to read.
  const { parseSettingsFile } = await import('../okta/settings-file.ts')
  return { ...parseSettingsFile(text, shown), path }
}
