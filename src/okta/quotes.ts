import { Refusal } from '../messages/known-error.ts'
import type { SettingName, Settings } from './settings.ts'

/**
 * Refuses the value of a setting with quotation marks around it, as {@link refuseQuotesAt} does.
 *
 * @throws Refusal that names the place of the setting
 */
export function refuseQuotes(settings: Settings, name: SettingName, text: string): void {
  refuseQuotesAt(settings[name]?.place ?? name, text)
}

/**
 * Refuses a value with quotation marks around it: a shell removes them, but `docker run --env-file` and systemd's older
 * `EnvironmentFile` readers pass them on. The value itself is not shown.
 *
 * @throws Refusal that names the place
 */
export function refuseQuotesAt(place: string, text: string): void {
  const [, mark] = /^\s*(["'“”‘’`])[\s\S]*["'“”‘’`]\s*$/.exec(text) ?? []
  if (mark === undefined) return
  throw new Refusal(
    `${place} has quotation marks (${mark}) around its value, and they are part of it. docker --env-file, for example, does not remove them.`,
    `Remove the quotation marks from ${place}`,
  )
}
