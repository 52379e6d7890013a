import { type ExitCode, exitCodes } from '../../messages/known-error.ts'
import type { Check } from '../doctor/check.ts'
import { examineJob } from '../doctor/examine-job.ts'
import { examineOrg } from '../doctor/examine-org.ts'
import { examineSettings } from '../doctor/examine-settings.ts'
import { type Findings, renderFindings } from '../doctor/render-findings.ts'
import { judgeRunsDirectory, observeRunsDirectory } from '../doctor/runs-directory.ts'
import { showSettings } from '../doctor/settings-view.ts'

interface Arguments {
  readonly job?: string | undefined
  readonly 'runs-dir': string
  readonly json: boolean
}

/** See `commands/doctor.ts`. */
export async function examine(args: Arguments): Promise<ExitCode> {
  const examined = await examineSettings(process.env)
  const job = await examineJob(args.job)
  const { connection } = examined
  const ofOrg = connection === null ? [] : await examineOrg(connection, examined, job)
  const runsDirectory = judgeRunsDirectory(await observeRunsDirectory(args['runs-dir']))
  const checks = [...examined.checks, ...ofOrg, ...job.checks, runsDirectory]
  const findings: Findings = { settings: showSettings(examined.settings, process.env), checks }
  process.stdout.write(args.json ? `${JSON.stringify(findings, null, 2)}\n` : renderFindings(findings))
  return exitCodeOf(checks, examined.isSet)
}

/** @param isSet whether any setting of an org was found: without one there is no org to check */
function exitCodeOf(checks: readonly Check[], isSet: boolean): ExitCode {
  if (!isSet) return exitCodes.nothingSent
  return checks.every(({ ok }) => ok) ? exitCodes.done : exitCodes.someoneMustLook
}
