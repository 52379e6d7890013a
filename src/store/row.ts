import type { Row } from './database.ts'

/** A whole number of a row. PostgreSQL's `bigint` comes as text. Throws Error for anything else, which is a bug. */
export function numberOf(row: Row, name: string): number {
  const value = Number(row[name])
  if (row[name] === null || !Number.isSafeInteger(value)) throw new Error(`${name} is no number.`)
  return value
}

/** A text of a row; null if there is none. */
export function textOf(row: Row, name: string): string | null {
  const value = row[name]
  return typeof value === 'string' ? value : null
}

/** Bytes of a row. Throws Error for anything else, which is a bug. */
export function bytesOf(row: Row, name: string): Buffer {
  const value = row[name]
  if (!Buffer.isBuffer(value)) throw new Error(`${name} holds no bytes.`)
  return value
}
