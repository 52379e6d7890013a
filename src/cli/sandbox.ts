import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { type ExitCode, exitCodes, KnownError } from '../known-error.ts'
import { type FaultName, faultNames } from '../sandbox/faults.ts'
import { type OrgState, parseOrgState } from '../sandbox/org-state.ts'
import { type SandboxOptions, startSandbox } from '../sandbox/sandbox.ts'
import { generateOrg } from '../sandbox/seed/generate-users.ts'
import { defineCommand } from './command.ts'

/** The part of an org's limit that a token may use: what its headers show. Okta's default. */
const clientPercent = 50

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
    users: { type: 'number', requiresArg: true, describe: 'Users to generate [default: 100]' },
    seed: {
      type: 'string',
      requiresArg: true,
      describe: 'JSON file with the users and tokens',
      conflicts: 'users',
    },
    token: {
      type: 'string',
      requiresArg: true,
      describe: 'API token that is accepted [default: sandbox-token]',
    },
    limit: {
      type: 'number',
      requiresArg: true,
      describe:
        "Lifecycle calls a window, as the token's headers show it; 0: no limits, no headers [default: 300]",
    },
    window: {
      type: 'number',
      requiresArg: true,
      default: 60,
      describe: 'Length of a rate-limit window in seconds',
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
      describe: 'Requests under way at once [default: no limit]',
    },
    'clock-skew': {
      type: 'number',
      requiresArg: true,
      default: 0,
      describe: "Seconds that the org's clock is ahead",
    },
    fault: {
      type: 'string',
      array: true,
      requiresArg: true,
      describe: `Fault and its rate, as drop_after=0.1; one of ${faultNames.join(', ')}`,
    },
    'fault-seed': {
      type: 'number',
      requiresArg: true,
      default: 1,
      describe: 'Another number, other calls that fail',
    },
    'fault-reads': { type: 'boolean', default: false, describe: 'Let reads fail as well' },
  },
  examples: [
    ['$0 sandbox --port 8080 --users 500', 'An org of 500 users'],
    ['$0 sandbox --limit 50 --window 10 --fault error_after=0.2', 'A small limit, and errors after the work'],
  ],
  handler: async (args): Promise<ExitCode> => {
    const limits: Pick<SandboxOptions, 'limits' | 'clientPercent'> =
      args.limit === undefined
        ? {}
        : {
            clientPercent,
            limits: args.limit === 0 ? null : { '/api/v1/users': (args.limit * 100) / clientPercent },
          }
    const sandbox = await startSandbox({
      port: args.port,
      seed: await seedOf(args.seed, args.users),
      ...(args.token === undefined ? {} : { token: args.token }),
      ...limits,
      windowSeconds: args.window,
      latencyMilliseconds: args.latency,
      concurrency: args.concurrency ?? null,
      clockSkewSeconds: args['clock-skew'],
      faults: { rates: faultRates(args.fault ?? []), seed: args['fault-seed'], reads: args['fault-reads'] },
    })
    process.stdout.write(`${sandbox.url}\n`)
    process.stderr.write(
      `A simulated Okta org with ${sandbox.org.size} users. To use it:\n  export OKTA_CLIENT_ORGURL=${sandbox.url} OKTA_CLIENT_TOKEN=${sandbox.token}\nStop it with Ctrl-C.\n`,
    )
    await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
    await sandbox.close()
    return exitCodes.done
  },
})

async function seedOf(file: string | undefined, users: number | undefined): Promise<OrgState> {
  if (file === undefined) {
    const count = users ?? 100
    if (!Number.isInteger(count) || count < 0) {
      throw new KnownError(
        `--users is ${count}; a whole number from 0 was expected.`,
        'okta-lifecycle sandbox --users 100',
      )
    }
    return generateOrg({ count, now: Date.now() })
  }
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    throw new KnownError(
      `The seed ${file} can't be read: ${String(error)}`,
      'Check the path.',
      undefined,
      error,
    )
  }
  return parseOrgState(text, file)
}

function faultRates(texts: readonly string[]): Partial<Record<FaultName, number>> {
  const rates: Partial<Record<FaultName, number>> = {}
  for (const text of texts) {
    const [name, rate] = text.split('=')
    const fault = faultNames.find((known) => known === name)
    const number = Number(rate)
    if (fault === undefined || rate === undefined || rate === '' || !(number >= 0 && number <= 1)) {
      throw new KnownError(
        `--fault ${JSON.stringify(text)} is not NAME=RATE with a rate from 0 to 1; the names are ${faultNames.join(', ')}.`,
        'okta-lifecycle sandbox --fault drop_after=0.1',
      )
    }
    rates[fault] = number
  }
  return rates
}
