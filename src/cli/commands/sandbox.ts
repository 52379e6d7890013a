import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { type ExitCode, exitCodes, Refusal } from '../../messages/known-error.ts'
import {
  type Bucket,
  buckets,
  defaultConcurrency,
  defaultScopes,
  type FaultName,
  faultNames,
  type Limits,
  type OAuthClientOptions,
  parseKeyFile,
  parseNeighbour,
  parseUserCounts,
} from '../../sandbox/flags.ts'
import type { OrgSeed, SandboxOptions } from '../../sandbox/sandbox.ts'
import { defineCommand } from '../command.ts'

/** The bucket that the lifecycle calls count in. */
const lifecycleBucket: Bucket = '/api/v1/users'

export const sandboxCommand = defineCommand({
  usage: 'sandbox',
  describe: 'Serve a simulated Okta org on this machine until stopped',
  positional: null,
  options: {
    port: {
      type: 'number',
      requiresArg: true,
      default: 0,
      describe: 'Port on 127.0.0.1; 0 picks a free one',
    },
    users: {
      type: 'string',
      requiresArg: true,
      describe: 'Users to generate: a number, or by status such as ACTIVE=400,SUSPENDED=50 [default: 100]',
    },
    seed: {
      type: 'string',
      requiresArg: true,
      describe: 'JSON file with the users, groups and tokens',
      conflicts: 'users',
    },
    token: {
      type: 'string',
      requiresArg: true,
      describe: 'API token that the org accepts [default: sandbox-token]',
    },
    limit: {
      type: 'number',
      requiresArg: true,
      describe:
        "Lifecycle calls a window, as the token's headers show them; 0: no limits, no headers [default: 300]",
    },
    'bucket-limit': {
      type: 'string',
      array: true,
      requiresArg: true,
      describe: `The rate limit of a bucket, such as '/api/v1/users=600'; one of ${buckets.join(', ')}`,
    },
    'client-percent': {
      type: 'number',
      requiresArg: true,
      default: 50,
      describe: "Percentage of the org's limits that a token may use",
    },
    window: {
      type: 'number',
      requiresArg: true,
      default: 60,
      describe: 'Length of a rate-limit window in seconds',
    },
    neighbour: {
      type: 'string',
      array: true,
      requiresArg: true,
      describe:
        "Another client of the org, such as 120/min or '/api/v1/users=120/min'; 120/min,token shares the token",
    },
    latency: {
      type: 'number',
      requiresArg: true,
      default: 0,
      describe: 'Time that each answer takes, in ms',
    },
    concurrency: {
      type: 'number',
      requiresArg: true,
      describe: `Most requests under way at once; 0: no limit [default: ${defaultConcurrency}, none with --limit 0]`,
    },
    'clock-skew': {
      type: 'number',
      requiresArg: true,
      default: 0,
      describe: "Seconds that the org's clock is ahead",
    },
    'activate-delay': {
      type: 'number',
      requiresArg: true,
      default: 0,
      describe: 'Time that each activate takes in the background, in ms',
    },
    'deactivate-delay': {
      type: 'number',
      requiresArg: true,
      default: 1000,
      describe: 'Time that a deactivate with Prefer: respond-async takes, in ms',
    },
    'membership-delay': {
      type: 'number',
      requiresArg: true,
      default: 3000,
      describe: 'Time until the list of a group shows a new member, in ms',
    },
    fault: {
      type: 'string',
      array: true,
      requiresArg: true,
      describe: `Fault and its rate, such as drop_after=0.1; one of ${faultNames.join(', ')}`,
    },
    'oauth-client': {
      type: 'string',
      array: true,
      requiresArg: true,
      describe: 'Service app, as CLIENT_ID=FILE; the file holds its public key as PEM, a JWK or a JWK set',
    },
    'oauth-scope': {
      type: 'string',
      array: true,
      requiresArg: true,
      describe: `Scope that the service apps are granted [default: ${defaultScopes.join(' ')}]`,
    },
    dpop: {
      type: 'boolean',
      default: true,
      describe: "Bind the service apps' access tokens to a key (DPoP), as Okta does for new apps",
    },
    'admin-role': {
      type: 'boolean',
      default: true,
      describe: 'Give the service apps an admin role; without one they see nobody and may do nothing',
    },
    'token-lifetime': {
      type: 'number',
      requiresArg: true,
      default: 3600,
      describe: 'Life of an access token in seconds',
    },
    'fault-seed': {
      type: 'number',
      requiresArg: true,
      default: 1,
      describe: 'Number that decides which calls fail',
    },
    'fault-reads': {
      type: 'boolean',
      default: false,
      describe: 'Let all calls fail, not only lifecycle calls',
    },
    drip: {
      type: 'number',
      requiresArg: true,
      default: 1000,
      describe: 'Time between two bytes of an answer under drip_after, in ms',
    },
  },
  examples: [
    ['$0 sandbox --port 8080 --users 500', 'An org of 500 users'],
    ['$0 sandbox --users ACTIVE=400,LOCKED_OUT=50', 'Users by status'],
    ['$0 sandbox --limit 50 --window 10 --fault error_after=0.2', 'A small limit, and errors after the work'],
    ['$0 sandbox --neighbour 120/min', 'Another program uses the same org'],
    ['$0 sandbox --oauth-client 0oaclient=public.pem', 'A service app with OAuth and DPoP'],
  ],
  handler: async (args): Promise<ExitCode> => {
    const percent = args['client-percent']
    const { startSandbox } = await import('../../sandbox/sandbox.ts')
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
  },
})

async function seedOf(file: string | undefined, users: string | undefined): Promise<OrgSeed> {
  const { generateSeed, parseOrgState } = await import('../../sandbox/sandbox.ts')
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
