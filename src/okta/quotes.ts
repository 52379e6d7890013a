import { Refusal } from '../messages/known-error.ts'
import type { SettingName, Settings } from './settings.ts'

/**
 * Refuses a value with quotation marks around it: a shell removes them, but `docker run --env-file` and systemd's older
 * `EnvironmentFile` readers pass them on. The value itself is not shown.
 *
 * @throws Refusal that names the place of the setting
 */
export function refuseQuotes(settings: Settings, name: SettingName, text: string): void {
  const [, mark] = /^(["'“”‘’`])[\s\S]*["'“”‘’`]$/.exec(text) ?? []
  if (mark === undefined) return
  const place = settings[name]?.place ?? name
  throw new Refusal(
    `${place} has quotation marks (${mark}) around its value, and they are part of it. docker --env-file, for example, does not remove them.`,
    `Remove the quotation marks from ${place}`,
  )
}
