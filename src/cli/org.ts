import { rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { readRegular } from '../files/read-regular.ts'
import { replaceFile } from '../files/replacing-file.ts'
import { checkUserKey } from '../input/key/user-key.ts'
import type { InputRow } from '../input/row.ts'
import type { Job } from '../job/job.ts'
import { Refusal } from '../messages/known-error.ts'
import { requireCertificateChecks } from '../okta/certificate-checks.ts'
import { type Connection, defaultRequestTimeoutMs, readConnection } from '../okta/connection.ts'
import { proxyFor } from '../okta/proxy.ts'
import { Secret } from '../okta/secret.ts'
import { type RunFile, sandboxOrgUrl } from '../run/run-file.ts'
import type { OrgState } from '../sandbox/sandbox.ts'
import type { Tables } from '../store/tables.ts'
import { checkRunScopes } from './check-run-scopes.ts'
import { readKeyFile, readOrgSettings } from './org-settings.ts'
import type { StoreArguments } from './store-arguments.ts'

/** The org that a run talks to, real or simulated. */
export interface RunOrg {
  readonly connection: Connection
  /** The org's URL in the form of `run.json`. */
  readonly orgUrl: string
  /** The store whose runs share one budget in this org; absent if this process has its own. */
  readonly budgetIn?: Tables | undefined
  /** Keeps a simulated org for the next execution, after a clean stop. */
  keep(): Promise<void>
  close(): Promise<void>
}

const sandboxFileName = 'sandbox.json'
/** Shorter than a real call to Okta takes, because nobody wants to wait for a trial. */
const sandboxLatencyMs = 40

/** The org that the settings name. Throws Refusal as {@link readConnection} does. */
export async function configuredOrg({ tables }: StoreArguments = {}): Promise<RunOrg> {
  const { settings } = await readOrgSettings(process.env)
  const direct = readConnection(settings, readKeyFile)
  requireCertificateChecks(direct.orgUrl, process.env)
  const connection = { ...direct, proxy: proxyFor(direct.orgUrl, process.env) }
  return {
    connection,
    orgUrl: connection.orgUrl,
    budgetIn: tables,
    keep: async () => {},
    close: async () => {},
  }
}

/**
 * The org in which a run began. The run can go on in no other.
 *
 * @throws KnownError when the settings name another org or too few scopes, or a simulated org is lost
 */
export async function orgOfRun(directory: string, run: RunFile, place: StoreArguments = {}): Promise<RunOrg> {
  if (run.org_url === sandboxOrgUrl) return await keptSandboxOrg(directory, run)
  const org = await configuredOrg(place)
  if (org.orgUrl === run.org_url) {
    checkRunScopes(org, run)
    return org
  }
  throw new Refusal(
    `Run ${run.run_id} began in ${run.org_url}, but the org that is set now (OKTA_CLIENT_ORGURL) is ${org.orgUrl}.`,
    `export OKTA_CLIENT_ORGURL=${run.org_url}, then type the command again`,
  )
}

/** An org to ask before a run goes on. A simulated org that is kept for the run stays kept. */
export async function orgToAsk(directory: string, run: RunFile, place: StoreArguments = {}): Promise<RunOrg> {
  if (run.org_url !== sandboxOrgUrl) return await orgOfRun(directory, run, place)
  await checkSandboxKept(directory, run)
  return await sandboxOrg(directory, await keptState(directory))
}

/** Hands the simulated org that a run kept to the run that goes on from it. Does nothing for a real org. */
export async function handOnSandboxOrg(from: string, to: string, run: RunFile): Promise<void> {
  if (run.org_url !== sandboxOrgUrl) return
  await checkSandboxKept(from, run)
  await rename(join(from, sandboxFileName), join(to, sandboxFileName))
}

/** What is said when a simulated org begins. */
export function describeSandbox({ connection }: RunOrg): string {
  return `This is a sandbox: a simulated org at ${connection.orgUrl}. Nothing real is touched, and its users were made up from the input: whether they exist in your org is not checked.`
}

/** What the seed of a simulated org depends on. */
type SeedJob = Pick<Job, 'guards' | 'input'>

/** A new simulated org with the input's users and some more. */
export async function newSandboxOrg(
  directory: string,
  rows: AsyncIterable<InputRow>,
  job: SeedJob,
): Promise<RunOrg> {
  const { usersForInput } = await import('../sandbox/sandbox.ts')
  const { only_status: onlyStatus, protect_groups: groups } = job.guards
  const seed = await usersForInput(seedRows(rows, job), { now: Date.now(), onlyStatus, groups })
  return await sandboxOrg(directory, seed)
}

/**
 * The input's users and those that the job protects by name, so that a job runs in the sandbox unchanged. A key
 * without @ counts only if the job allows short names: otherwise it may be a total or a heading, not a name.
 */
async function* seedRows(
  rows: AsyncIterable<InputRow>,
  { guards, input }: SeedJob,
): AsyncGenerator<Pick<Extract<InputRow, { kind: 'valid' }>, 'user' | 'actions'>> {
  for await (const row of rows) {
    if (row.kind === 'valid' && (row.keyKind !== 'short_name' || input.short_names)) yield row
  }
  for (const entry of guards.protect) {
    const check = checkUserKey(entry)
    if (!entry.includes('*') && 'key' in check) yield { user: check.key, actions: [] }
  }
}

/**
 * The simulated org that an earlier execution kept. Its file is set aside at once: if this process is killed, the org
 * is lost, and the next `resume` must not go on from an older state.
 *
 * @throws KnownError when the org was not kept
 */
async function keptSandboxOrg(directory: string, run: RunFile): Promise<RunOrg> {
  const path = join(directory, sandboxFileName)
  await checkSandboxKept(directory, run)
  const state = await keptState(directory)
  await rename(path, `${path}.resumed`)
  return await sandboxOrg(directory, state)
}

async function keptState(directory: string): Promise<OrgState> {
  const path = join(directory, sandboxFileName)
  const { parseOrgState } = await import('../sandbox/sandbox.ts')
  return parseOrgState(await readRegular(path), path)
}

/** @throws KnownError when the simulated org of a sandbox run is lost */
export async function checkSandboxKept(directory: string, run: RunFile): Promise<void> {
  if (run.org_url !== sandboxOrgUrl) return
  try {
    await stat(join(directory, sandboxFileName))
  } catch (error) {
    throw new Refusal(
      `The sandbox of run ${run.run_id} was lost with its process. A simulated org lives in memory and is saved only at a clean stop, so this run can't go on.`,
      'Start it again: okta-lifecycle run --sandbox. A run against a real org can be resumed after a kill.',
      error,
    )
  }
}

async function sandboxOrg(directory: string, seed: OrgState): Promise<RunOrg> {
  // The sandbox is loaded only when needed, because most runs talk to Okta.
  const { startSandbox } = await import('../sandbox/sandbox.ts')
  const sandbox = await startSandbox({ seed, latencyMilliseconds: sandboxLatencyMs })
  return {
    connection: {
      orgUrl: sandbox.url,
      credentials: {
        kind: 'token',
        authorization: new Secret(`SSWS ${sandbox.token}`),
        ofServiceApp: false,
      },
      requestTimeoutMs: defaultRequestTimeoutMs,
      proxy: null,
    },
    orgUrl: sandboxOrgUrl,
    keep: () => replaceFile(join(directory, sandboxFileName), JSON.stringify(sandbox.org.state())),
    close: () => sandbox.close(),
  }
}
