import type { HttpBindings } from '@hono/node-server'
import type { Hono } from 'hono'
import type { Org } from './org.ts'
import type { Traffic } from './traffic.ts'

/**
 * Adds the paths by which other processes look into the sandbox: its state, what was applied to whom in order, and
 * what was asked and answered. They are no part of Okta's API, need no token and count against no limit; the server
 * listens on the loopback interface alone.
 */
export function addControl(app: Hono<{ Bindings: HttpBindings }>, org: Org, traffic: Traffic): void {
  app.get('/sandbox/state', (exchange) => exchange.json(org.state()))
  app.get('/sandbox/calls', (exchange) =>
    exchange.json({ calls: org.calls, applied: Object.fromEntries(org.applied) }),
  )
  app.get('/sandbox/traffic', (exchange) => exchange.json(traffic.counts()))
}
