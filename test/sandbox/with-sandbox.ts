import { request } from 'undici'
import type { UserStatus } from '../../src/okta/status.ts'
import type { OrgState } from '../../src/sandbox/org/org-state.ts'
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/sandbox.ts'
import { oktaIdFor } from '../../src/sandbox/users/okta-id.ts'
import type { SandboxUser } from '../../src/sandbox/users/user.ts'

/** Starts a sandbox for the length of a callback and closes it whatever happens. */
export async function withSandbox(
  options: SandboxOptions,
  use: (sandbox: Sandbox) => Promise<void>,
): Promise<void> {
  const sandbox = await startSandbox(options)
  try {
    await use(sandbox)
  } finally {
    await sandbox.close()
  }
}

/** A user of that status with a password, and whatever else a test wants of it. */
export function userOf(
  login: string,
  status: UserStatus,
  rest: Partial<Omit<SandboxUser, 'profile'>> = {},
): SandboxUser {
  return {
    id: oktaIdFor('00u', login),
    status,
    created: '2025-01-02T03:04:05.000Z',
    activated: null,
    statusChanged: null,
    lastLogin: null,
    lastUpdated: '2025-01-02T03:04:05.000Z',
    passwordChanged: '2025-01-02T03:04:05.000Z',
    profile: {
      firstName: 'Ada',
      lastName: 'Test',
      mobilePhone: null,
      secondEmail: null,
      login,
      email: login,
    },
    source: 'OKTA',
    factors: [],
    roles: [],
    blockedFromUnknownDevices: false,
    transition: null,
    ...rest,
  }
}

/** The token of {@link orgOf}. */
export const token = 'a-token'

/** An org of these users. The token belongs to the owner, or to nobody. */
export function orgOf(users: readonly SandboxUser[], owner: SandboxUser | null = null): OrgState {
  return { version: 1, users, tokens: [{ value: token, owner: owner?.id ?? null }], calls: [] }
}

/** An answer as a test looks at it. `body` is the parsed JSON, null where there is none. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: unknown
}

/** Sends one request with the token of {@link orgOf}, unless `headers` has another authorization. */
export async function send(
  url: string,
  method: 'GET' | 'POST' | 'DELETE' | 'PUT',
  headers: Readonly<Record<string, string>> = {},
  body?: string,
): Promise<Answer> {
  const response = await request(url, {
    method,
    headers: { authorization: `SSWS ${token}`, ...headers },
    ...(body === undefined ? {} : { body }),
  })
  const text = await response.body.text()
  return {
    status: response.statusCode,
    headers: response.headers,
    body: text === '' ? null : JSON.parse(text),
  }
}

/** Calls the API, or the control path, with a JSON body where there is one. `path` as `/users?limit=2`. */
export function api(
  sandbox: Sandbox,
  method: 'GET' | 'POST' | 'DELETE' | 'PUT',
  path: string,
  body?: unknown,
): Promise<Answer> {
  const url = sandbox.url + (path.startsWith('/sandbox') ? path : `/api/v1${path}`)
  if (body === undefined) return send(url, method)
  return send(url, method, { 'content-type': 'application/json' }, JSON.stringify(body))
}

/** The code and causes of an Okta error. */
export function errorOf(answer: Answer): string {
  const { errorCode, errorCauses } = answer.body as {
    errorCode: string
    errorCauses: { errorSummary: string }[]
  }
  return [`${answer.status} ${errorCode}`, ...errorCauses.map((cause) => cause.errorSummary)].join(' | ')
}

/** Sends a lifecycle call. `action` may bring a query. */
export function act(sandbox: Sandbox, user: string, action: string, headers = {}): Promise<Answer> {
  return send(`${sandbox.url}/api/v1/users/${encodeURIComponent(user)}/lifecycle/${action}`, 'POST', headers)
}

/** Reads a user. */
export function read(sandbox: Sandbox, user: string): Promise<Answer> {
  return send(`${sandbox.url}/api/v1/users/${encodeURIComponent(user)}`, 'GET')
}
