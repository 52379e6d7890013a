import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { type ExitCode, exitCodes, Refusal } from '../../messages/known-error.ts'
import {
  type Bucket,
  buckets,
  type FaultName,
  faultNames,
  type Limits,
  type OAuthClientOptions,
  parseKeyFile,
  parseNeighbour,
  parseUserCounts,
} from '../../sandbox/flags.ts'
import {
  generateSeed,
  type OrgSeed,
  parseOrgState,
  type SandboxOptions,
  startSandbox,
} from '../../sandbox/sandbox.ts'

/** The bucket that the lifecycle calls count in. */
const lifecycleBucket: Bucket = '/api/v1/users'

type Texts = readonly string[] | undefined

interface Arguments {
  readonly port: number
  readonly users?: string | undefined
  readonly seed?: string | undefined
  readonly token?: string | undefined
  readonly limit?: number | undefined
  readonly 'bucket-limit'?: Texts
  readonly 'client-percent': number
  readonly window: number
  readonly neighbour?: Texts
  readonly latency: number
  readonly concurrency?: number | undefined
  readonly 'clock-skew': number
  readonly 'activate-delay': number
  readonly 'deactivate-delay': number
  readonly 'membership-delay': number
  readonly fault?: Texts
  readonly 'fault-seed': number
  readonly 'fault-reads': boolean
  readonly drip: number
  readonly 'oauth-client'?: Texts
  readonly 'oauth-scope'?: readonly string[] | undefined
  readonly dpop: boolean
  readonly 'admin-role': boolean
  readonly 'token-lifetime': number
}

/** See `commands/sandbox.ts`. */
export async function serveSandbox(args: Arguments): Promise<ExitCode> {
  const percent = args['client-percent']
  const sandbox = await startSandbox({
    port: args.port,
    seed: await seedOf(args.seed, args.users),
    ...(args.token === undefined ? {} : { token: args.token }),
    clientPercent: percent,
    limits: limitsOf(args.limit, args['bucket-limit'] ?? [], percent),
    windowSeconds: args.window,
    neighbours: (args.neighbour ?? []).map(parseNeighbour),
    latencyMilliseconds: args.latency,
    ...concurrencyOf(args.concurrency),
    clockSkewSeconds: args['clock-skew'],
    transitions: {
      activate: args['activate-delay'],
      deactivate: args['deactivate-delay'],
      membership: args['membership-delay'],
    },
    faults: { rates: faultRates(args.fault ?? []), seed: args['fault-seed'], reads: args['fault-reads'] },
    dripMilliseconds: args.drip,
    ...(await oauthOf(args['oauth-client'] ?? [], {
      ...(args['oauth-scope'] === undefined ? {} : { scopes: args['oauth-scope'] }),
      dpop: args.dpop,
      hasRole: args['admin-role'],
      tokenSeconds: args['token-lifetime'],
    })),
  })
  process.stdout.write(`${sandbox.url}\n`)
  process.stderr.write(
    `A simulated Okta org with ${sandbox.org.size} users. To use it:\n  export OKTA_CLIENT_ORGURL=${sandbox.url} OKTA_CLIENT_TOKEN=${sandbox.token}\nTo look inside and steer it: curl ${sandbox.url}/sandbox\nStop it with Ctrl-C.\n`,
  )
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
  await sandbox.close()
  return exitCodes.done
}

async function seedOf(file: string | undefined, users: string | undefined): Promise<OrgSeed> {
  if (file === undefined) return generateSeed({ count: parseUserCounts(users ?? '100'), now: Date.now() })
  return parseOrgState(await readText(file, 'seed'), file)
}

interface ServiceAppFlags extends Pick<OAuthClientOptions, 'scopes' | 'dpop' | 'hasRole'> {
  readonly tokenSeconds: number
}

/** The service apps that `--oauth-client` names. A client id that is named twice has two keys. */
async function oauthOf(
  texts: readonly string[],
  { tokenSeconds, ...rest }: ServiceAppFlags,
): Promise<Pick<SandboxOptions, 'oauth'>> {
  if (texts.length === 0) return {}
  const keys = new Map<string, OAuthClientOptions['keys']>()
  for (const text of texts) {
    const [, id = '', file = ''] = /^([^=]+)=(.+)$/.exec(text) ?? []
    if (id === '') {
      throw new Refusal(
        `--oauth-client ${JSON.stringify(text)} is not CLIENT_ID=FILE.`,
        'okta-lifecycle sandbox --oauth-client 0oaclient=public.pem',
      )
    }
    keys.set(id, [...(keys.get(id) ?? []), ...parseKeyFile(await readText(file, 'key file'), file)])
  }
  return { oauth: { clients: [...keys].map(([id, own]) => ({ id, keys: own, ...rest })), tokenSeconds } }
}

async function readText(file: string, what: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new Refusal(`The ${what} ${file} can't be read: ${String(error)}`, 'Check the path.', error)
  }
}

/** The org's limits. `limit` is what the token sees of the lifecycle bucket; 0 removes all limits. */
function limitsOf(
  limit: number | undefined,
  texts: readonly string[],
  percent: number,
): Partial<Limits> | null {
  if (limit === 0) return null
  const limits: Partial<Record<Bucket, number>> = {}
  if (limit !== undefined) limits[lifecycleBucket] = Math.ceil((limit * 100) / percent)
  for (const text of texts) {
    const at = text.lastIndexOf('=')
    const bucket = buckets.find((known) => known === text.slice(0, at))
    const number = text.slice(at + 1)
    if (bucket === undefined || !/^\d+$/.test(number)) {
      throw new Refusal(
        `--bucket-limit ${JSON.stringify(text)} is not BUCKET=N; the buckets are ${buckets.join(', ')}.`,
        "okta-lifecycle sandbox --bucket-limit '/api/v1/users=600'",
      )
    }
    limits[bucket] = Number(number)
  }
  return limits
}

function concurrencyOf(given: number | undefined): Pick<SandboxOptions, 'concurrency'> {
  if (given === undefined) return {}
  return { concurrency: given === 0 ? null : given }
}

function faultRates(texts: readonly string[]): Partial<Record<FaultName, number>> {
  const rates: Partial<Record<FaultName, number>> = {}
  for (const text of texts) {
    const [name, rate] = text.split('=')
    const fault = faultNames.find((known) => known === name)
    const number = Number(rate)
    if (fault === undefined || rate === undefined || rate === '' || !(number >= 0 && number <= 1)) {
      throw new Refusal(
        `--fault ${JSON.stringify(text)} is not NAME=RATE with a rate from 0 to 1; the names are ${faultNames.join(', ')}.`,
        'okta-lifecycle sandbox --fault drop_after=0.1',
      )
    }
    rates[fault] = number
  }
  return rates
}
