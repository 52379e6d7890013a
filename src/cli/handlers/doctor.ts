import { type ExitCode, exitCodes } from '../../messages/known-error.ts'
import type { Check } from '../doctor/check.ts'
import { examineJob } from '../doctor/examine-job.ts'
import { examineOrg } from '../doctor/examine-org.ts'
import { examineSettings } from '../doctor/examine-settings.ts'
import { type Findings, renderFindings } from '../doctor/render-findings.ts'
import { judgeRunsDirectory, observeRunsDirectory } from '../doctor/runs-directory.ts'
import { showSettings } from '../doctor/settings-view.ts'
import { storeVariable } from '../store-variable.ts'

interface Arguments {
  readonly job?: string | undefined
  readonly 'runs-dir': string
  readonly store?: string | undefined
  readonly json: boolean
}

/** See `commands/doctor.ts`. */
export async function examine(args: Arguments): Promise<ExitCode> {
  const examined = await examineSettings(process.env)
  const job = await examineJob(args.job)
  const { connection } = examined
  const ofOrg = connection === null ? [] : await examineOrg(connection, examined, job)
  const checks = [...examined.checks, ...ofOrg, ...job.checks, ...(await examinePlace(args))]
  const findings: Findings = { settings: showSettings(examined.settings, process.env), checks }
  process.stdout.write(args.json ? `${JSON.stringify(findings, null, 2)}\n` : renderFindings(findings))
  return exitCodeOf(checks, examined.isSet)
}

/** Where the runs are kept: a store if one is named, otherwise the runs directory. */
async function examinePlace(args: Arguments): Promise<readonly Check[]> {
  const store = args.store ?? process.env[storeVariable]
  if (store === undefined || store.trim() === '')
    return [judgeRunsDirectory(await observeRunsDirectory(args['runs-dir']))]
  const { examineStore } = await import('../doctor/examine-store.ts')
  return await examineStore(store.trim())
}

/** @param isSet whether any setting of an org was found: without one there is no org to check */
function exitCodeOf(checks: readonly Check[], isSet: boolean): ExitCode {
  if (!isSet) return exitCodes.nothingSent
  return checks.every(({ ok }) => ok) ? exitCodes.done : exitCodes.someoneMustLook
}
