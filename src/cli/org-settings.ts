import { lstatSync, readFileSync, statSync } from 'node:fs'
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
  return decodedText(readFileSync(path))
}

/** The text of a file in UTF-8, or in UTF-16 with its mark, as Windows PowerShell writes it. */
function decodedText(bytes: Buffer): string {
  const mark = bytes.length < 2 ? 0 : bytes.readUInt16BE(0)
  if (mark === 0xfffe) return bytes.toString('utf16le', 2)
  if (mark !== 0xfeff) return bytes.toString('utf8')
  // A last byte without its other half is no character.
  return Buffer.from(bytes.subarray(2, bytes.length - (bytes.length % 2)))
    .swap16()
    .toString('utf16le')
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true
}

async function readSettings(path: string, shown: string): Promise<OrgSettings['files'][number] | null> {
  let text: string
  try {
    // Reading synchronously does no harm: the files are small, and nothing is under way yet.
    text = readSmallFile(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if ((code === 'ENOENT' || code === 'ENOTDIR') && !isLink(path)) return null
    throw new Refusal(
      code === 'ENOENT' || code === 'ENOTDIR'
        ? `${shown} is a link to a file that is not there.`
        : `${shown} can't be read (${code ?? String(error)}).`,
      `Let this user read ${shown}, or move it away`,
      error,
    )
  }
  // The YAML parser would take what follows for something else than settings, and another file's org would count.
  if (text.includes('\0')) {
    throw new Refusal(
      `${shown} is not text in UTF-8: it contains zero bytes.`,
      `Save ${shown} as UTF-8, or move it away`,
    )
  }
  // The YAML parser is loaded only when there is YAML to read.
  const { parseSettingsFile } = await import('../okta/settings-file.ts')
  return { ...parseSettingsFile(text, shown), path }
}
