/**
 * The eight values of a user's `status`.
 * Source: Okta management OpenAPI specification, `UserStatus`.
 */
export const userStatuses = [
  'STAGED',
  'PROVISIONED',
  'ACTIVE',
  'RECOVERY',
  'PASSWORD_EXPIRED',
  'LOCKED_OUT',
  'SUSPENDED',
  'DEPROVISIONED',
] as const

export type UserStatus = (typeof userStatuses)[number]

/** Whether a text is one of Okta's user statuses. Case matters: Okta always writes them in capitals. */
export function isUserStatus(text: string): text is UserStatus {
  return (userStatuses as readonly string[]).includes(text)
}
