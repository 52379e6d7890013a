/**
 * What the `sandbox` command needs to show its flags and to read them: the names of buckets and faults, and the forms
 * of `--neighbour`, `--users` and a file of keys. This file loads no server, so that `--help` stays quick.
 */
export { type FaultName, faultNames } from './faults/faults.ts'
export { type Bucket, buckets, defaultConcurrency, type Limits } from './limits/buckets.ts'
export { parseNeighbour } from './limits/neighbour.ts'
export { parseKeyFile } from './oauth/key-file.ts'
export { defaultScopes, type OAuthClientOptions } from './oauth/oauth-client.ts'
export { parseUserCounts } from './seed/user-counts.ts'
