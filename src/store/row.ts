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

/** A yes or no of a row. No stands for what is not known as well, as in a condition of PostgreSQL. */
export function flagOf(row: Row, name: string): boolean {
  return row[name] === true
}

/** A time of a row in epoch ms. Throws Error for anything else, which is a bug. */
export function timeOf(row: Row, name: string): number {
  const value = row[name]
  if (!(value instanceof Date)) throw new Error(`${name} is no time.`)
  return value.getTime()
}
