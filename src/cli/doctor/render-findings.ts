import type { Check } from './check.ts'
import type { ShownSetting } from './settings-view.ts'

/** What `doctor` found. With `--json` it is the answer. */
export interface Findings {
  readonly settings: readonly ShownSetting[]
  readonly checks: readonly Check[]
}

/** The findings as text: the settings, then each check, and what to do about those that found something wrong. */
export function renderFindings({ settings, checks }: Findings): string {
  const wide = Math.max(0, ...settings.map(({ name }) => name.length))
  const shownSettings = settings.map(
    ({ name, value, source }) => `  ${name.padEnd(wide)}  ${value}  (${source})`,
  )
  const lines = checks.map(({ name, ok, message, fix }) => {
    const line = `${ok ? 'ok   ' : 'WRONG'}  ${name}: ${message}`
    return fix === undefined ? line : `${line}\n       → ${fix}`
  })
  const bad = checks.filter(({ ok }) => !ok).length
  const sum = bad === 0 ? 'All is well.' : `${bad} of ${checks.length} checks found something wrong.`
  return [
    shownSettings.length === 0 ? 'No settings of an org were found.' : 'Settings',
    ...shownSettings,
    '',
    ...lines,
    '',
    sum,
    '',
  ].join('\n')
}
