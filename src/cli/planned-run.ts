import type { Job } from '../job/job.ts'
import { withPace } from '../job/merge-job.ts'
import type { Prepared } from '../job/prepare.ts'
import { Refusal } from '../messages/known-error.ts'
import { RunStopped } from '../messages/stop.ts'
import { SavedPlan } from '../plan/saved-plan.ts'
import type { TokenOwner } from '../rules/guards.ts'
import type { CheckedInput } from '../run/check-input.ts'
import { type AskOptions, askOrg } from './ask-org.ts'
import { planBrokenOff } from './make-plan.ts'
import { inputOptions } from './options.ts'
import type { RunOrg } from './org.ts'
import { checkSourceFiles } from './source-files.ts'

/** Input flags that may be given with a saved plan: they change the pace, not what is sent. */
const paceFlags: readonly string[] = ['share', 'concurrency']

/** Flags besides the input flags that say what is done. */
const otherFlags: readonly (readonly [name: string, unset: unknown])[] = [
  ['sandbox', false],
  ['accept-refusals', false],
]

/**
 * Opens the plan that `run --plan` names.
 *
 * @param input the input on the command line
 * @param args the arguments by the names of their flags
 * @throws Refusal for a plan that was changed after it was written, or a flag that would change what it says
 */
export async function openPlanToRun(
  path: string,
  input: string | undefined,
  args: Readonly<Record<string, unknown>>,
): Promise<SavedPlan> {
  const given = [
    ...Object.entries(inputOptions).flatMap(([name, option]): string[] =>
      paceFlags.includes(name) || isUnset(args[name], 'default' in option ? option.default : undefined)
        ? []
        : [name],
    ),
    ...otherFlags.flatMap(([name, unset]) => (isUnset(args[name], unset) ? [] : [name])),
  ]
  if (input !== undefined || given.length > 0) {
    const what = [
      ...(input === undefined ? [] : [`the input ${input}`]),
      ...given.map((name) => (args[name] === false ? `--no-${name}` : `--${name}`)),
    ].join(', ')
    throw new Refusal(
      `--plan: the plan says what is done, to whom and how carefully, but ${what} was given too.`,
      'Leave that out, or plan again with it: okta-lifecycle plan … --out plan.json',
    )
  }
  return await SavedPlan.open(path)
}

function isUnset(value: unknown, unset: unknown): boolean {
  return value === undefined || value === unset
}

/** The job and input of a plan, in place of those of a command line. */
export function preparedByPlan(
  { head }: SavedPlan,
  pace: { readonly share?: number | undefined; readonly concurrency?: number | undefined },
): Prepared {
  const [input] = head.files
  if (input === undefined) throw new Error('A plan without an input was opened.')
  const job: Job = withPace(head.job, pace)
  return {
    source: input.path,
    jobFile: head.files.find(({ what }) => what === 'job file')?.path ?? null,
    protectFile: head.files.find(({ what }) => what === 'list of protected users')?.path ?? null,
    format: head.format,
    encoding: head.encoding,
    merge: () => job,
  }
}

/**
 * Checks, before anything is written, that the files, the org and the owner of the token are those that the plan was
 * made for.
 *
 * @throws Refusal when one of them differs; KnownError when Okta does not show the owner
 */
export async function checkWorldOfPlan(
  { head }: SavedPlan,
  org: RunOrg,
  asking: Pick<AskOptions, 'stop' | 'say' | 'sent'>,
): Promise<void> {
  if (org.orgUrl !== head.org_url) {
    throw new Refusal(
      `The plan was made for ${head.org_url}, but the org that is set now (OKTA_CLIENT_ORGURL) is ${org.orgUrl}. Nothing was sent.`,
      `export OKTA_CLIENT_ORGURL=${head.org_url}, then type the command again`,
    )
  }
  await checkSourceFiles(head.files)
  checkOwner(head.owner, await ownerNow(head.job, org, asking))
}

async function ownerNow(
  job: Job,
  org: RunOrg,
  asking: Pick<AskOptions, 'stop' | 'say' | 'sent'>,
): Promise<TokenOwner> {
  try {
    return await askOrg(
      { ...asking, job, org, workLeft: () => 1, byPlan: true },
      async (_lookup, owner) => owner,
    )
  } catch (error) {
    const { reason } = asking.stop
    if (!(error instanceof RunStopped) || reason === null || reason.state === 'interrupted') throw error
    throw planBrokenOff(reason, 'start again')
  }
}

function checkOwner(planned: SavedPlan['head']['owner'], owner: TokenOwner): void {
  const same = planned === 'none' ? owner === null : owner?.id === planned.id
  if (same) return
  const before = planned === 'none' ? 'a service app' : planned.login
  throw new Refusal(
    `The plan was made with a token of ${before}, but the token that is set now belongs to ${owner === null ? 'a service app' : owner.login}. Nothing was sent.`,
    'Set OKTA_CLIENT_TOKEN to a token of the same owner, or plan again.',
  )
}

/** @throws Refusal when what was copied is not what was planned: the input changed after it was checked */
export function checkCopyOfInput({ head }: SavedPlan, { copy, survey }: CheckedInput): void {
  if (copy.sha256 === head.files[0]?.sha256 && survey.rows === head.input_rows) return
  throw new Refusal(
    `The input ${head.files[0]?.path} has changed since the plan was made. Nothing was sent.`,
    'Restore it as it was, or plan again.',
  )
}
