import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { resultColumns } from '../../src/report/columns.ts'
import { publishedSchemas, renderJsonSchema } from '../../src/schema/json-schema.ts'
import { checkJsonSchema } from '../support/check-json-schema.ts'
import { startCli } from '../support/cli.ts'

const root = resolve(import.meta.dirname, '../..')

async function readSchema(name: string): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(join(root, 'schema', name), 'utf8'))
}

describe('the published schemas', () => {
  test('are those that the code gives, and no others', async () => {
    expect((await readdir(join(root, 'schema'))).sort()).toEqual([...publishedSchemas.keys()].sort())
    for (const [name, schema] of publishedSchemas)
      expect(await readFile(join(root, 'schema', name), 'utf8')).toBe(renderJsonSchema(schema))
  })

  test.each(['job.schema.json', 'results.schema.json'])('describe every key: %s', async (name) => {
    const undescribed: string[] = []
    interface Described {
      readonly description?: string
      readonly properties?: Record<string, Described>
    }
    function visit(node: Described, path: string): void {
      for (const [key, child] of Object.entries(node.properties ?? {})) {
        if (child.description === undefined) undescribed.push(`${path}${key}`)
        visit(child, `${path}${key}.`)
      }
    }
    visit(await readSchema(name), '')
    expect(undescribed).toEqual([])
  })

  test('name their draft and themselves', async () => {
    for (const name of publishedSchemas.keys())
      expect(await readSchema(name)).toMatchObject({
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        title: expect.stringMatching(/okta-lifecycle$/),
        description: expect.stringMatching(/\.$/),
      })
  })
})

describe('job.schema.json', async () => {
  const schema = await readSchema('job.schema.json')
  const jobs = (await readdir(join(root, 'jobs'))).map((name) => join(root, 'jobs', name))

  test('names the defaults', () => {
    expect(schema).toMatchObject({
      additionalProperties: false,
      required: ['name'],
      properties: { pace: { properties: { share: { default: 0.5 }, concurrency: { default: 10 } } } },
    })
  })

  test.each(jobs)('takes %s', async (path) => {
    expect(checkJsonSchema(schema, parse(await readFile(path, 'utf8')))).toEqual([])
  })

  test('takes an encoding in any way to write it', () => {
    expect(checkJsonSchema(schema, { name: 'a', input: { encoding: 'UTF-16LE' } })).toEqual([])
  })

  test.each<[string, object, string]>([
    ['no name', {}, '/name: required'],
    ['a key that is not known', { name: 'a', user: 'x' }, '/user: additionalProperties'],
    ['a format that is not known', { name: 'a', input: { format: 'xls' } }, '/input/format: enum'],
    ['a share of nothing', { name: 'a', pace: { share: 0 } }, '/pace/share: exclusiveMinimum'],
    ['an action that is not known', { name: 'a', steps: ['suspend', 'purge'] }, '/steps/1: anyOf'],
    ['action and steps', { name: 'a', action: 'unlock', steps: ['unlock'] }, ': not'],
    ['a name of a path', { name: '../a' }, '/name: pattern'],
  ])('refuses %s', (_, job, finding) => {
    expect(checkJsonSchema(schema, job)).toEqual([finding])
  })
})

describe('what a run writes', async () => {
  const lineSchema = await readSchema('results.schema.json')
  const summarySchema = await readSchema('summary.schema.json')
  let directory: string
  let lines: Record<string, unknown>[]
  let summary: Record<string, unknown>

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'json-schema-'))
    const rows = [
      { login: 'ada@example.com', action: 'suspend', row: 'A', team: { floor: 3, tags: ['x', null] } },
      { login: 'grace@example.com', action: 'activate', send_email: false },
      { login: 'ada@example.com', action: 'suspend' },
      { login: 'me', action: 'purge' },
      { login: 7 },
    ]
    await writeFile(join(directory, 'in.jsonl'), rows.map((row) => JSON.stringify(row)).join('\n'))
    const args = ['run', 'in.jsonl', '--sandbox', '--skip-invalid', '--yes', '--quiet', '--run-id', 'run']
    const end = await startCli(args, { cwd: directory }).ended
    expect(end.code, end.stderr).toBe(1)
    const run = join(directory, 'runs', 'run')
    lines = (await readFile(join(run, 'results.jsonl'), 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    summary = JSON.parse(await readFile(join(run, 'summary.json'), 'utf8'))
  })

  afterAll(async () => {
    await rm(directory, { recursive: true })
  })

  test('results.jsonl fits results.schema.json', () => {
    expect(lines.map(({ user, result }) => [user, result])).toEqual([
      ['ada@example.com', 'succeeded'],
      ['grace@example.com', 'succeeded'],
      ['ada@example.com', 'skipped'],
      ['me', 'skipped'],
      ['7', 'skipped'],
    ])
    for (const line of lines) {
      expect(checkJsonSchema(lineSchema, line)).toEqual([])
      expect(Object.keys(line).slice(0, resultColumns.length)).toEqual([...resultColumns])
    }
    expect(lineSchema.required).toEqual([...resultColumns])
  })

  test('results.schema.json refuses what is no such line', () => {
    const [line] = lines
    expect(checkJsonSchema(lineSchema, { ...line, result: 'done' })).toEqual(['/result: enum'])
    expect(checkJsonSchema(lineSchema, { ...line, row: 0 })).toEqual(['/row: minimum'])
    expect(checkJsonSchema(lineSchema, { ...line, started_at: 'yesterday' })).toEqual(['/started_at: anyOf'])
    const { okta_login: _, ...short } = line ?? {}
    expect(checkJsonSchema(lineSchema, short)).toEqual(['/okta_login: required'])
  })

  test('summary.json fits summary.schema.json', () => {
    expect(checkJsonSchema(summarySchema, summary)).toEqual([])
    expect(checkJsonSchema(summarySchema, { ...summary, state: 'running', token: 'x' })).toEqual([
      '/state: enum',
      '/token: additionalProperties',
    ])
  })
})
