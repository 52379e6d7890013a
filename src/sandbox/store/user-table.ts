import { userStatuses } from '../../okta/status.ts'
import type { AttributeValue, Factor, SandboxUser, Transition, UserProfile } from '../users/user.ts'
import { TextStore } from './text-store.ts'

/** A user's times, in the order in which a row keeps them. */
export const timeFields = [
  'created',
  'activated',
  'statusChanged',
  'lastLogin',
  'lastUpdated',
  'passwordChanged',
] as const

export type TimeField = (typeof timeFields)[number]

/** A row's texts, in the order in which it keeps them; factors as {@link factorsText} writes them. */
const textFields = ['id', 'login', 'email', 'firstName', 'lastName', 'factors'] as const

type TextField = (typeof textFields)[number]

/** What only few users have, kept apart from the columns. `profile` is null if it has only the six base attributes. */
interface Extras
  extends Pick<SandboxUser, 'source' | 'roles' | 'blockedFromUnknownDevices' | 'secrets' | 'beforeSuspend'> {
  readonly profile: UserProfile | null
  readonly transition: Transition | null
}

const noFactors: readonly Factor[] = []
const noRoles: readonly string[] = []
const baseAttributes = 6
const removedStatus = 255

function factorsText(factors: readonly Factor[]): string {
  if (factors.length === 0) return ''
  return JSON.stringify(
    factors.map(({ id, factorType, provider, status, created, profile }) =>
      profile === undefined
        ? [id, factorType, provider, status, created]
        : [id, factorType, provider, status, created, profile],
    ),
  )
}

function factorsOf(text: string): readonly Factor[] {
  if (text === '') return noFactors
  const rows = JSON.parse(text) as [string, string, string, Factor['status'], string, Factor['profile']?][]
  return rows.map(([id, factorType, provider, status, created, profile]) => {
    const factor = { id, factorType, provider, status, created }
    return profile === undefined ? factor : { ...factor, profile }
  })
}

function isPlain({ mobilePhone, secondEmail, ...others }: UserProfile): boolean {
  return mobilePhone === null && secondEmail === null && Object.keys(others).length === baseAttributes - 2
}

function extrasOf(user: SandboxUser): Extras | null {
  const plain = isPlain(user.profile)
  const { source, roles, blockedFromUnknownDevices, transition, secrets, beforeSuspend } = user
  const usual =
    source === 'OKTA' &&
    roles.length === 0 &&
    !blockedFromUnknownDevices &&
    transition === null &&
    secrets === undefined &&
    beforeSuspend === undefined
  if (plain && usual) return null
  return {
    profile: plain ? null : user.profile,
    source,
    roles,
    blockedFromUnknownDevices,
    transition,
    secrets,
    beforeSuspend,
  }
}

/**
 * Users in columns outside the garbage-collected heap, in a quarter of the memory that they take as objects; a user
 * object is put together when it is asked for. Rows are numbered from 0 and never move: a removed user's row stays, so
 * that a list can go on from it.
 */
export class UserTable {
  readonly #store = new TextStore()
  readonly #extras = new Map<number, Extras>()
  readonly #inTransition = new Set<number>()
  #length = 0
  // The place of the status in the list of statuses.
  #statuses: Uint8Array
  // Six a row, milliseconds since 1970; NaN: never.
  #times: Float64Array
  // Six a row, handles of the store.
  #texts: Uint32Array

  /** `expected`: how many users will be added. There may be more. */
  constructor(expected: number) {
    const capacity = Math.max(16, expected)
    this.#statuses = new Uint8Array(capacity)
    this.#times = new Float64Array(capacity * timeFields.length)
    this.#texts = new Uint32Array(capacity * textFields.length)
  }

  /** How many rows there are, including removed ones. */
  get length(): number {
    return this.#length
  }

  /** The rows of users whose change of status is not finished. */
  get inTransition(): ReadonlySet<number> {
    return this.#inTransition
  }

  /** Adds a row at the end and returns its number. */
  push(user: SandboxUser): number {
    const row = this.#length
    if (row === this.#statuses.length) this.#grow()
    this.#length += 1
    this.write(row, user)
    return row
  }

  /** Replaces a user with the user's new version. */
  write(row: number, user: SandboxUser): void {
    const { login, email, firstName, lastName } = user.profile
    this.#setText(row, 'id', user.id)
    this.#setText(row, 'login', login)
    // Most users' e-mail address is their login: one text then serves for both.
    if (email === login) this.#texts[this.#place(row, 'email')] = this.#texts[this.#place(row, 'login')] ?? 0
    else this.#setText(row, 'email', email)
    this.#setText(row, 'firstName', firstName)
    this.#setText(row, 'lastName', lastName)
    this.#setText(row, 'factors', factorsText(user.factors))
    this.#statuses[row] = userStatuses.indexOf(user.status)
    this.#writeTimes(row, user)
    const extras = extrasOf(user)
    if (extras === null) this.#extras.delete(row)
    else this.#extras.set(row, extras)
    if (user.transition === null) this.#inTransition.delete(row)
    else this.#inTransition.add(row)
  }

  /** Marks a row as removed. What it held can still be read. */
  remove(row: number): void {
    this.#statuses[row] = removedStatus
    this.#inTransition.delete(row)
  }

  isRemoved(row: number): boolean {
    return this.#statuses[row] === removedStatus
  }

  id(row: number): string {
    return this.#text(row, 'id')
  }

  login(row: number): string {
    return this.#text(row, 'login')
  }

  status(row: number): SandboxUser['status'] {
    return userStatuses[this.#statuses[row] ?? 0] ?? 'DEPROVISIONED'
  }

  /** Milliseconds since 1970, NaN if it has not happened. */
  time(row: number, field: TimeField): number {
    return this.#times[row * timeFields.length + timeFields.indexOf(field)] ?? Number.NaN
  }

  roles(row: number): readonly string[] {
    return this.#extras.get(row)?.roles ?? noRoles
  }

  /** One attribute of the profile, undefined if the user has none of that name. */
  attribute(row: number, name: string): AttributeValue | undefined {
    if (name === 'login' || name === 'email' || name === 'firstName' || name === 'lastName') {
      return this.#text(row, name)
    }
    const profile = this.#extras.get(row)?.profile ?? null
    return profile !== null && Object.hasOwn(profile, name) ? profile[name] : undefined
  }

  /** The user in a row that is not removed. */
  read(row: number): SandboxUser {
    const extras = this.#extras.get(row)
    return {
      id: this.id(row),
      status: this.status(row),
      created: this.#timeText(row, 'created') ?? '',
      activated: this.#timeText(row, 'activated'),
      statusChanged: this.#timeText(row, 'statusChanged'),
      lastLogin: this.#timeText(row, 'lastLogin'),
      lastUpdated: this.#timeText(row, 'lastUpdated') ?? '',
      passwordChanged: this.#timeText(row, 'passwordChanged'),
      profile: extras?.profile ?? {
        firstName: this.#text(row, 'firstName'),
        lastName: this.#text(row, 'lastName'),
        mobilePhone: null,
        secondEmail: null,
        login: this.login(row),
        email: this.#text(row, 'email'),
      },
      source: extras?.source ?? 'OKTA',
      factors: factorsOf(this.#text(row, 'factors')),
      roles: extras?.roles ?? noRoles,
      blockedFromUnknownDevices: extras?.blockedFromUnknownDevices ?? false,
      transition: extras?.transition ?? null,
      ...(extras?.beforeSuspend === undefined ? {} : { beforeSuspend: extras.beforeSuspend }),
      ...(extras?.secrets === undefined ? {} : { secrets: extras.secrets }),
    }
  }

  #place(row: number, field: TextField): number {
    return row * textFields.length + textFields.indexOf(field)
  }

  #text(row: number, field: TextField): string {
    return this.#store.read(this.#texts[this.#place(row, field)] ?? 0)
  }

  // The store never frees a text, so only what has changed goes into it.
  #setText(row: number, field: TextField, text: string): void {
    if (this.#text(row, field) !== text) this.#texts[this.#place(row, field)] = this.#store.add(text)
  }

  #timeText(row: number, field: TimeField): string | null {
    const time = this.time(row, field)
    return Number.isNaN(time) ? null : new Date(time).toISOString()
  }

  #writeTimes(row: number, user: SandboxUser): void {
    const place = row * timeFields.length
    for (let index = 0; index < timeFields.length; index += 1) {
      const time = user[timeFields[index] ?? 'created']
      // Most of a user's times are one of two, and parsing a time is the slowest part of all this.
      if (index > 0 && time === user.created) this.#times[place + index] = this.#times[place] ?? Number.NaN
      else if (index > 2 && time === user.statusChanged) {
        this.#times[place + index] = this.#times[place + 2] ?? Number.NaN
      } else this.#times[place + index] = time === null ? Number.NaN : Date.parse(time)
    }
  }

  #grow(): void {
    const statuses = new Uint8Array(this.#statuses.length * 2)
    statuses.set(this.#statuses)
    this.#statuses = statuses
    const times = new Float64Array(this.#times.length * 2)
    times.set(this.#times)
    this.#times = times
    const texts = new Uint32Array(this.#texts.length * 2)
    texts.set(this.#texts)
    this.#texts = texts
  }
}
