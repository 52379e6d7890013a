import { asCannotWrite, CannotWrite } from '../files/cannot-write.ts'
import { OrgUnavailable } from '../lookup/read-owner.ts'
import { exitCodes } from '../messages/known-error.ts'
import { shellWord } from '../messages/shell-word.ts'

/** A run that was begun can be gone on with once its disk, or its way to Okta, is fixed: nothing is wrong with it. */
export function stillResumable(error: unknown, runId: string): unknown {
  const again = `, then: okta-lifecycle resume ${shellWord(runId)}`
  if (error instanceof OrgUnavailable) return error.so(again, exitCodes.stoppedByGuard)
  if (error instanceof CannotWrite && error.exitCode === exitCodes.someoneMustLook) return error
  return asCannotWrite(error)?.so(again, exitCodes.stoppedByGuard) ?? error
}
