import { buckets, defaultConcurrency, defaultScopes, faultNames } from '../../sandbox/flags.ts'
import { defineCommand } from '../command.ts'

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
      describe:
        'How many users to generate: a number, or one for each status, such as ACTIVE=400,SUSPENDED=50 [default: 100]',
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
        'Lifecycle calls per window, as the headers show them to the token; 0: no limits and no headers [default: 300]',
    },
    'bucket-limit': {
      type: 'string',
      array: true,
      requiresArg: true,
      describe: `Rate limit of the org for a bucket, such as '/api/v1/users=600'; the buckets are ${buckets.join(', ')}`,
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
        "Simulate another client of the org, with a rate such as 120/min or '/api/v1/users=120/min'; with 120/min,token it uses the same token",
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
      describe: `How many requests may be under way at once; 0: no limit [default: ${defaultConcurrency}, or no limit with --limit 0]`,
    },
    'clock-skew': {
      type: 'number',
      requiresArg: true,
      default: 0,
      describe: "Seconds by which the org's clock is ahead",
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
      describe: "Time until the list of a group's members shows a new one, in ms",
    },
    fault: {
      type: 'string',
      array: true,
      requiresArg: true,
      describe: `Fault and its rate, such as drop_after=0.1; the faults are ${faultNames.join(', ')}`,
    },
    'oauth-client': {
      type: 'string',
      array: true,
      requiresArg: true,
      describe: 'Service app, as CLIENT_ID=FILE; the file contains its public key as PEM, a JWK or a JWK set',
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
      describe: 'Lifetime of an access token in seconds',
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
      describe: 'Time between two bytes of an answer with the fault drip_after, in ms',
    },
  },
  examples: [
    ['$0 sandbox --port 8080 --users 500', 'An org of 500 users'],
    ['$0 sandbox --users ACTIVE=400,LOCKED_OUT=50', 'Users by status'],
    [
      '$0 sandbox --limit 50 --window 10 --fault error_after=0.2',
      'A small limit, and errors in answer to calls that were carried out',
    ],
    ['$0 sandbox --neighbour 120/min', 'With another program that uses the same org'],
    ['$0 sandbox --oauth-client 0oaclient=public.pem', 'OAuth and DPoP for a service app'],
  ],
  handler: async (args) => await (await import('../handlers/sandbox.ts')).serveSandbox(args),
})
