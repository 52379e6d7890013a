import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Hono } from 'hono'
import * as z from 'zod'
import { KnownError } from '../../messages/known-error.ts'
import { userStatuses } from '../../okta/status.ts'
import { faultOrder } from '../faults/fault-rules.ts'
import { Neighbour, parseNeighbour } from '../limits/neighbour.ts'
import type { Org } from '../org/org.ts'
import type { ApiBindings, ApiParts, Exchange } from './parts.ts'

type App = Hono<ApiBindings>

const userOrder = z.strictObject({
  status: z.enum(userStatuses).optional(),
  blockedFromUnknownDevices: z.boolean().optional(),
})

const neighbourOrder = z.strictObject({ rate: z.string() })

/** The paths of the control calls, as `GET /sandbox` lists them. */
const paths = {
  'GET /sandbox': 'this list, and how many users have each status',
  'GET /sandbox/state': 'the whole org, as a seed',
  'GET /sandbox/calls': 'the lifecycle calls that were carried out, in order',
  'GET /sandbox/traffic': 'the requests and their answers',
  'GET /sandbox/limits': 'the rate-limit counters whose window is open',
  'GET /sandbox/neighbours': 'what other clients asked for and got',
  'POST /sandbox/neighbours': 'add another client: {"rate":"120/min"}',
  'GET /sandbox/faults': 'the faults that were asked for',
  'POST /sandbox/faults': 'a fault for the next calls: {"fault":"drop_after","user":"ann@example.com"}',
  'DELETE /sandbox/faults': 'remove all faults',
  'DELETE /sandbox/access-tokens': 'revoke all OAuth access tokens given out so far',
  'POST /sandbox/users/{user}': 'make a change that no call of the API can make: {"status":"LOCKED_OUT"}',
}

function refuse(exchange: Exchange, message: string): Response {
  return exchange.json({ error: message }, 400)
}

/** The JSON of a control call, read by a schema; or what is wrong with it. */
async function read<T>(exchange: Exchange, schema: z.ZodType<T>): Promise<{ data: T } | { error: string }> {
  let value: unknown
  try {
    value = await exchange.req.json()
  } catch {
    return { error: 'The body is not JSON.' }
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return { data: parsed.data }
  const issues = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`)
  return { error: issues.join('; ') }
}

/** The items as one JSON list, cut into parts of some size. */
function* listInParts(items: Iterable<unknown>): Generator<string> {
  let part = '['
  let separator = ''
  for (const item of items) {
    part += separator + JSON.stringify(item)
    separator = ','
    if (part.length < 65_536) continue
    yield part
    part = ''
  }
  yield `${part}]`
}

function* stateInParts(org: Org): Generator<string> {
  yield `${JSON.stringify(org.smallState()).slice(0, -1)},"calls":`
  yield* listInParts(org.eachCall())
  yield ',"users":'
  yield* listInParts(org.users())
  yield '}'
}

function* callsInParts(org: Org): Generator<string> {
  yield '{"calls":'
  yield* listInParts(org.eachCall())
  yield `,"applied":${JSON.stringify(Object.fromEntries(org.applied))}}`
}

// In parts: the JSON of a million users is longer than the longest possible string.
async function writeJson(exchange: Exchange, parts: Iterable<string>): Promise<Response> {
  const { outgoing } = exchange.env
  outgoing.writeHead(200, { 'content-type': 'application/json' })
  try {
    await pipeline(Readable.from(parts, { objectMode: false }), outgoing)
  } catch (error) {
    // The client has gone away.
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error
  }
  return RESPONSE_ALREADY_SENT
}

function addFaults(app: App, { faultRules }: ApiParts): void {
  app.get('/sandbox/faults', (exchange) => exchange.json({ faults: faultRules.list() }))
  app.delete('/sandbox/faults', (exchange) => {
    faultRules.clear()
    return exchange.json({ faults: [] })
  })
  app.post('/sandbox/faults', async (exchange) => {
    const order = await read(exchange, faultOrder)
    if ('error' in order) return refuse(exchange, order.error)
    faultRules.add(order.data.faults)
    return exchange.json({ faults: faultRules.list() })
  })
}

function addLimits(app: App, { clock, rateLimits, org }: ApiParts): void {
  app.get('/sandbox/limits', (exchange) =>
    exchange.json({
      limits: rateLimits?.rules ?? null,
      counters: rateLimits?.view(clock.instant().second) ?? [],
    }),
  )
  app.get('/sandbox/neighbours', (exchange) =>
    exchange.json({ neighbours: rateLimits?.neighbours(clock.instant().second) ?? [] }),
  )
  app.post('/sandbox/neighbours', async (exchange) => {
    const order = await read(exchange, neighbourOrder)
    if ('error' in order) return refuse(exchange, order.error)
    if (rateLimits === null)
      return refuse(exchange, 'This sandbox has no limits that a neighbour could use up.')
    const { second } = clock.instant()
    try {
      const { bucket, callsPerMinute, counter } = parseNeighbour(order.data.rate)
      const client = counter === 'token' ? (org.tokens[0]?.value ?? null) : null
      rateLimits.addNeighbour(new Neighbour({ bucket, callsPerMinute, client }, second))
    } catch (error) {
      if (error instanceof KnownError) return refuse(exchange, error.message)
      throw error
    }
    return exchange.json({ neighbours: rateLimits.neighbours(second) })
  })
}

function addAccessTokens(app: App, { oauth }: ApiParts): void {
  app.delete('/sandbox/access-tokens', (exchange) => {
    oauth?.server.tokens.revoke()
    return exchange.json({ revoked: true })
  })
}

function addUsers(app: App, { org }: ApiParts): void {
  app.post('/sandbox/users/:user', async (exchange) => {
    const order = await read(exchange, userOrder)
    if ('error' in order) return refuse(exchange, order.error)
    const user = org.find(exchange.req.param('user'))
    if (user === null) return exchange.json({ error: 'There is no such user.' }, 404)
    const { status, blockedFromUnknownDevices } = order.data
    const placed = status === undefined ? user : org.place(user, status)
    const changed =
      blockedFromUnknownDevices === undefined ? placed : org.change(placed, { blockedFromUnknownDevices })
    return exchange.json(changed)
  })
}

/**
 * Adds the paths by which other processes inspect and steer the sandbox. They are not part of Okta's API, need no token
 * and count against no limit; the server listens on the loopback interface alone.
 */
export function addControl(app: App, parts: ApiParts): void {
  const { org, traffic } = parts
  app.get('/sandbox', (exchange) => exchange.json({ paths, users: org.size, statuses: org.countByStatus() }))
  app.get('/sandbox/state', (exchange) => writeJson(exchange, stateInParts(org)))
  app.get('/sandbox/calls', (exchange) => writeJson(exchange, callsInParts(org)))
  app.get('/sandbox/traffic', (exchange) => exchange.json(traffic.counts()))
  addFaults(app, parts)
  addLimits(app, parts)
  addAccessTokens(app, parts)
  addUsers(app, parts)
}
