import type { ServerResponse } from 'node:http'
import type { LoggedRequest } from './log.ts'
import { type Org, settle } from './org.ts'
import type { ForeignUser } from './user.ts'
import type { Waiting } from './wait.ts'

/** What the control paths show. */
export interface Controlled {
  readonly org: Org
  readonly requests: readonly LoggedRequest[]
  readonly waiting: Waiting
  readonly now: () => number
}

/** The state of an org, as a test in another process sees it. */
export interface ForeignState {
  readonly users: readonly ForeignUser[]
}

/**
 * Answers `/control/...`, which is no part of Okta: `state`, `applied`, `requests`, and `wait?applied=N` or
 * `wait?requests=N`, which answers once so many actions were applied in all or so many requests arrived.
 */
export async function answerControl(
  path: string,
  response: ServerResponse,
  controlled: Controlled,
): Promise<void> {
  const { org, requests, waiting, now } = controlled
  const url = new URL(path, 'http://127.0.0.1')
  response.setHeader('content-type', 'application/json')
  switch (url.pathname) {
    case '/control/state': {
      const users = [...org.users.values()]
      for (const user of users) settle(user, now())
      response.end(JSON.stringify({ users } satisfies ForeignState))
      return
    }
    case '/control/applied':
      response.end(JSON.stringify(org.applied))
      return
    case '/control/requests':
      response.end(JSON.stringify(requests))
      return
    case '/control/wait': {
      const applied = Number(url.searchParams.get('applied') ?? 0)
      const arrived = Number(url.searchParams.get('requests') ?? 0)
      try {
        await waiting.until(() => requests.length >= arrived && totalOf(org.applied) >= applied)
        response.end('{}')
      } catch {
        response.destroy()
      }
      return
    }
    default:
      response.writeHead(404).end('{}')
  }
}

function totalOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}
