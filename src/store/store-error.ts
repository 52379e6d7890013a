import { exitCodes, FixableError, KnownError, Refusal } from '../messages/known-error.ts'
import type { StoreUrl } from './store-url.ts'

/**
 * The errors by which PostgreSQL, or the way to it, says that it is away for now. Codes of five characters are
 * PostgreSQL's (https://www.postgresql.org/docs/15/errcodes-appendix.html): connections that break, a server that starts
 * or shuts down, too many connections, and a server that has become a standby, as in a failover.
 */
const away: ReadonlySet<string> = new Set([
  '53300',
  // A transaction of a process that was paused for too long.
  '25P03',
  // A lock that is kept by somebody else, where the database waits for none.
  '55P03',
  '57P01',
  '57P02',
  '57P03',
  '57P04',
  // A connection that was idle for longer than the database lets one be.
  '57P05',
  '57014',
  '25006',
  '40001',
  '40P01',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  'ENOTFOUND',
])

/** What the driver says, without a code, when a connection breaks or does not come about. */
const awayWords =
  /connection terminated|timeout|connection ended|client has encountered|cannot use a pool after/i

/** Whether an error says that the store is away for now, so that asking again may help. */
export function isAway(error: unknown): boolean {
  if (error instanceof FixableError) return isAway(error.cause)
  const { code, message } = asError(error)
  if (code !== undefined) return away.has(code) || code.startsWith('08')
  return awayWords.test(message)
}

/** Whether an error is the driver's: PostgreSQL's own, or one of the way to it. */
export function isOfStore(error: unknown): boolean {
  if (error instanceof KnownError) return false
  return isAway(error) || /^[0-9A-Z]{5}$/.test(asError(error).code ?? '')
}

/** An error of the store in words, unless it is in words already. Its text never holds the password of the address. */
export function storeError({ shown }: StoreUrl, error: unknown): KnownError {
  if (error instanceof KnownError) return error
  const { code, message } = asError(error)
  const why = code === undefined ? message : `${message} (${code})`
  if (isAway(error)) {
    return new FixableError(
      `The store ${shown} does not answer: ${why}.`,
      'Check that the database is up and can be reached',
      exitCodes.stoppedByGuard,
      { cause: error },
    )
  }
  return new Refusal(`The store ${shown} refused: ${why}.`, adviceOn(code, message), error)
}

/** What to do about a refusal. Codes are PostgreSQL's, or those of Node's TLS. */
function adviceOn(code: string | undefined, message: string): string {
  if (code === '28P01' || /client password must be/i.test(message))
    return 'Set the password of the database user: export PGPASSWORD=..., or a line in ~/.pgpass'
  if (code === '3D000')
    return 'Check the name of the database at the end of the address, or create it: createdb NAME'
  if (code === '42501' && /for (table|relation|sequence|schema)/i.test(message))
    return 'Give the user its rights on the tables back: GRANT ALL ON ALL TABLES IN SCHEMA okta_lifecycle TO USER'
  // A table, a column, a function or a key that is not there: a store that an older version made, or a part of one.
  if (code !== undefined && ['42P01', '42703', '42883', '42P10', '42704'].includes(code))
    return 'Bring its tables up to date by any command, such as okta-lifecycle runs. If that is refused, end all workers, drop the database and restore the whole of it'
  if (code === '53100') return 'Make room on the disk of the database'
  if (code?.startsWith('53') === true) return 'Give the database more of what it lacks'
  if (code === '55000') return 'Let the database accept connections again'
  if (code === '42501')
    return 'Let the user create a schema in the database: GRANT CREATE ON DATABASE NAME TO USER'
  if (/does not support SSL/i.test(message))
    return 'Switch TLS on in the database, or leave sslmode out of the address if nobody can listen on the way to it'
  if (code !== undefined && /CERT|SIGNATURE|ERR_TLS|ERR_SSL|^EPROTO$/.test(code))
    return 'Name the certificate authority of the database (?sslmode=verify-full&sslrootcert=FILE in the address), and use the host name that its certificate has'
  return 'Check user, password (PGPASSWORD) and database of the address, and that the user may create a schema there'
}

function asError(error: unknown): { readonly code: string | undefined; readonly message: string } {
  if (error instanceof AggregateError && error.errors.length > 0) return asError(error.errors[0])
  const message = error instanceof Error ? error.message : String(error)
  const code: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined
  return { code: typeof code === 'string' ? code : undefined, message }
}
