import * as z from 'zod'
import { jobSchema } from '../../job/job.ts'
import { code, sentence, table } from './table.ts'

/** The parts of a JSON Schema that are used here. */
interface Schema {
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly examples?: readonly unknown[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | boolean
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly required?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
}

/** Every key of a job file, as Markdown, from the schema that editors and the program itself check it by. */
export function jobKeysPart(): string {
  const schema = z.toJSONSchema(jobSchema, { io: 'input' }) as Schema
  const keys = Object.entries(schema.properties ?? {})
  const single = keys.filter(([, { properties }]) => properties === undefined)
  const groups = keys.filter(([, { properties }]) => properties !== undefined)
  return [
    keysTable(single.map(([name, key]) => rowOf(name, key, schema.required?.includes(name)))),
    ...groups.flatMap(([name, group]) => [
      `### ${code(name)}`,
      sentence(group.description ?? ''),
      keysTable(rowsOf(`${name}.`, group)),
    ]),
  ].join('\n\n')
}

function keysTable(rows: readonly (readonly string[])[]): string {
  return table(['key', 'meaning', 'value', 'default'], rows)
}

function rowsOf(path: string, { properties = {}, required = [] }: Schema): readonly (readonly string[])[] {
  return Object.entries(properties).flatMap(([name, key]) => [
    rowOf(`${path}${name}`, key, required.includes(name)),
    ...rowsOf(`${path}${name}.`, key),
  ])
}

function rowOf(path: string, key: Schema, isRequired = false): readonly string[] {
  const usual = key.default === undefined ? '' : code(JSON.stringify(key.default).replaceAll('"', ''))
  return [code(path), sentence(key.description ?? ''), formOf(key), isRequired ? 'required' : usual]
}

function formOf(schema: Schema): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => code(String(value))).join(', ')
  if (schema.anyOf !== undefined) return schema.anyOf.map(formOf).join(', or ')
  if (schema.properties !== undefined) return code(`{ ${Object.keys(schema.properties).join(', ')} }`)
  if (typeof schema.additionalProperties === 'object')
    return `${code('{ name: value }')}, each ${formOf(schema.additionalProperties)}`
  const { type, items, examples = [] } = schema
  if (items !== undefined) return `a list of: ${formOf(items)}`
  if (typeof type === 'object') return type.map((one) => words[one] ?? one).join(', ')
  if (type === 'boolean') return `${code('true')}, ${code('false')}`
  if (type === 'integer' || type === 'number') return `${words[type]}${rangeOf(schema)}`
  const such = examples.map((one) => code(String(one))).join(', ')
  return `${words[type ?? ''] ?? ''}${such === '' ? '' : ` such as ${such}`}`
}

const words: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'whole number',
  number: 'number',
  boolean: 'true or false',
}

function rangeOf({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Schema): string {
  const most = maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum
  const limits = [
    minimum === undefined ? null : `from ${minimum}`,
    exclusiveMinimum === undefined ? null : `above ${exclusiveMinimum}`,
    most === undefined ? null : `up to ${most}`,
    exclusiveMaximum === undefined ? null : `below ${exclusiveMaximum}`,
  ].filter((limit) => limit !== null)
  return limits.length === 0 ? '' : ` ${limits.join(', ')}`
}
