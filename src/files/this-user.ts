import { hostname, userInfo } from 'node:os'

/** Who a process works for, and where, as its machine knows them. */
export interface MachineUser {
  readonly user: string
  readonly host: string
}

/** Who this process works for. In a container the user may have only a number, without a name. */
export function thisUser(): MachineUser {
  return { user: nameOfUser(), host: hostname() }
}

function nameOfUser(): string {
  try {
    return userInfo().username
  } catch {
    const number = process.getuid?.()
    return number === undefined ? 'unknown' : `user ${number}`
  }
}
