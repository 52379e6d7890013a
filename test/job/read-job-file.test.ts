import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readJobFile } from '../../src/job/read-job-file.ts'
import { exitCodes, KnownError } from '../../src/messages/known-error.ts'
import { cases } from '../support/cases.ts'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'read-job-file-'))
})

afterEach(async () => {
  await rm(directory, { recursive: true })
})

async function write(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(directory, name)
  await writeFile(path, content)
  return path
}

/** The error of a file that must be refused. */
async function refusal(path: string): Promise<KnownError> {
  const outcome = await readJobFile(path).catch((error: unknown) => error)
  if (outcome instanceof KnownError) return outcome
  throw new Error(`expected a KnownError, got ${String(outcome)}`)
}

/** What is wrong with a content, line by line, each without the path. */
async function problemsOf(content: string | Uint8Array, name = 'job.yaml'): Promise<string[]> {
  const path = await write(name, content)
  const { message } = await refusal(path)
  return message.split('\n').map((line) => line.replace(`${path}:`, ''))
}

const full = `# yaml-language-server: $schema=../schema/job.schema.json
name: offboarding
description: Leavers of the week
input:
  file: ../samples/leavers.csv
  format: csv
  user_column: work_email
steps: [suspend, deactivate]
order: user
options: { send_email: false, respond_async: false, in_doubt: keep }
pace: { share: 0.5, concurrency: 10 }
guards:
  max_users: 500
  protect: [ceo@example.com, '*@board.example.com']
  only_status: [ACTIVE, SUSPENDED]
`

describe('a job file that is sound', () => {
  test.each([
    ['UTF-8', 'utf-8'],
    ['utf16', 'utf-16'],
    ['Utf-16BE', 'utf-16be'],
    ['CP1252', 'windows-1252'],
    ['latin1', 'windows-1252'],
  ])('an encoding may be written as %s', async (written, encoding) => {
    const path = await write('job.yaml', `name: a\ninput: { file: a.csv, encoding: ${written} }\n`)
    expect((await readJobFile(path)).job.input).toEqual({ file: 'a.csv', encoding })
  })

  test('YAML with every kind of key, and the directory that its paths are relative to', async () => {
    const read = await readJobFile(await write('job.yaml', full))
    expect(read).toEqual({
      directory,
      job: {
        name: 'offboarding',
        description: 'Leavers of the week',
        input: { file: '../samples/leavers.csv', format: 'csv', user_column: 'work_email' },
        steps: [
          { action: 'suspend', if_failed: 'stop' },
          { action: 'deactivate', if_failed: 'stop' },
        ],
        order: 'user',
        options: { send_email: false, respond_async: false, in_doubt: 'keep' },
        pace: { share: 0.5, concurrency: 10 },
        guards: {
          max_users: 500,
          protect: ['ceo@example.com', '*@board.example.com'],
          only_status: ['ACTIVE', 'SUSPENDED'],
        },
      },
    })
  })

  test.each([
    ['job.json', '{\n\t"$schema": "x",\n\t"name": "a",\n\t"action": "unlock"\n}\n'],
    ['job', '{"$schema":"x","name":"a","action":"unlock"}'],
    ['job.yml', '\ufeff$schema: x\r\nname: a\r\naction: unlock\r\n'],
    ['job.yaml', '---\n$schema: x\nname: &name a\naction: unlock\n...\n'],
  ])('%s is read by extension or content: %j', async (name, content) => {
    const { job } = await readJobFile(await write(name, content))
    expect(job).toEqual({ $schema: 'x', name: 'a', action: 'unlock' })
  })

  test('any text that JSON can hold comes back from YAML and JSON alike', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), async (description) => {
        const content = JSON.stringify({ name: 'a', description }, null, 2)
        const asJson = await readJobFile(await write('job.json', content))
        const asYaml = await readJobFile(await write('job.yaml', content))
        expect([asJson.job.description, asYaml.job.description]).toEqual([description, description])
      }),
      { numRuns: 50 },
    )
  })

  test('an alias stands for its anchor', async () => {
    const { job } = await readJobFile(
      await write('job.yaml', 'name: a\ninput: { user_column: &c id, action_column: *c }\n'),
    )
    expect(job.input).toEqual({ user_column: 'id', action_column: 'id' })
  })
})

describe('each problem has its place and says what was expected and found', () => {
  test.each<[string, string, string]>([
    ['no name', 'action: unlock\n', '1:1: name: text was expected, but nothing was found'],
    [
      'a token in the place of a job',
      'k7Qz-9XwPv3_mRt5Ln8Bd2Hs6Jf4Gc1Yy\n',
      '1:1: job: keys with values was expected, but [33 characters that look like a secret] was found',
    ],
    [
      'the address of a chat',
      'name: a\naction: unlock\nnotify: https://hooks.example.com/services/T024\n',
      '3:9: notify: keys with values was expected, but "https://hooks.example.com/…" was found',
    ],
    [
      'a wrong type',
      'name: a\npace:\n  share: fast\n',
      '3:10: pace.share: a number was expected, but "fast" was found',
    ],
    [
      'an encoding that is not known',
      'name: a\ninput:\n  encoding: ebcdic\n',
      '3:13: input.encoding: one of utf-8, utf-16 (with a byte-order mark), utf-16le, utf-16be, windows-1252 (also: cp1252, latin1, iso-8859-1) was expected, but "ebcdic" was found',
    ],
    [
      'an encoding that is no text',
      'name: a\ninput: { encoding: 1252 }\n',
      '2:20: input.encoding: text was expected, but 1252 was found',
    ],
    [
      'too small',
      'name: a\npace: { share: 0 }\n',
      '2:16: pace.share: a number above 0 was expected, but 0 was found',
    ],
    [
      'too big',
      'name: a\npace: { share: 1.01 }\n',
      '2:16: pace.share: a number of at most 1 was expected, but 1.01 was found',
    ],
    [
      'not whole',
      'name: a\npace: { concurrency: 2.5 }\n',
      '2:22: pace.concurrency: a whole number was expected, but 2.5 was found',
    ],
    [
      'no number',
      'name: a\npace: { share: .nan }\n',
      '2:16: pace.share: a number was expected, but NaN was found',
    ],
    [
      'an empty value',
      'name: a\npace:\n  share:\nread_first: true\n',
      '3:3: pace.share: a number was expected, but an empty value was found',
    ],
    [
      'a bad enum',
      'name: a\nsteps:\n  - suspend\n  - delete\n',
      '4:5: steps[1]: one of activate, deactivate, reactivate, reset_factors, suspend, unlock, unsuspend was expected, but "delete" was found',
    ],
    [
      'a list of nothing',
      'name: a\nsteps: []\n',
      '2:8: steps: a list of at least 1 was expected, but an empty list was found',
    ],
    [
      'an empty text',
      "name: a\nguards: { protect: [''] }\n",
      '2:21: guards.protect[0]: text that is not empty was expected, but "" was found',
    ],
    [
      'an order that is not known',
      'name: a\norder: random\n',
      '2:8: order: one of user, step was expected, but "random" was found',
    ],
    [
      'a yes that is text',
      'name: a\nread_first: yes\n',
      '2:13: read_first: true or false was expected, but "yes" was found',
    ],
    [
      'an unknown key',
      'name: a\npace:\n  share: 1\n  speed: 2\n',
      '4:3: pace.speed: one of the keys share, concurrency was expected, but this key is unknown',
    ],
    [
      'a key that is a number',
      'name: a\npace:\n  7: 2\n',
      '3:3: pace.7: one of the keys share, concurrency was expected, but this key is unknown',
    ],
    [
      '__proto__',
      'name: a\npace:\n  __proto__: { share: 1 }\n',
      '3:3: pace.__proto__: one of the keys share, concurrency was expected, but this key is unknown',
    ],
    [
      'a list in place of a job',
      '- name: a\n',
      '1:1: job: keys with values was expected, but a list was found',
    ],
    [
      'text in place of a job',
      'suspend everyone\n',
      '1:1: job: keys with values was expected, but "suspend everyone" was found',
    ],
    [
      'a name that is a path',
      'name: ../a\n',
      '1:7: name: 1 to 63 letters, digits, - and _ (a letter or digit first) were expected, but "../a" was found',
    ],
    [
      'a place behind an alias',
      'name: &n a\naction: *n\n',
      '2:9: action: one of activate, deactivate, reactivate, reset_factors, suspend, unlock, unsuspend was expected, but "a" was found',
    ],
    [
      'a place within what an alias stands for',
      'name: a\nguards: { protect: &p [ab], only_status: *p }\n',
      '2:24: guards.only_status[0]: one of STAGED, PROVISIONED, ACTIVE, RECOVERY, PASSWORD_EXPIRED, LOCKED_OUT, SUSPENDED, DEPROVISIONED was expected, but "ab" was found',
    ],
    [
      'a duplicate key',
      'name: a\npace: { share: 1, share: 0.5 }\n',
      '2:19: "share" was expected once, but it is already in line 2',
    ],
    [
      'a syntax error',
      'name: a\nsteps: [suspend\naction: unlock\n',
      '3:1: Flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
    ['a tab as indentation', 'name: a\npace:\n\tshare: 1\n', '3:1: Tabs are not allowed as indentation'],
    ['a tag', 'name: !include other\n', '1:7: Unresolved tag: !include'],
    [
      'several documents',
      'name: a\n---\nname: b\n',
      '2:1: one YAML document was expected, but a second one was found',
    ],
    ['an empty file', '', '1:1: a job was expected, but an empty file was found'],
    ['comments alone', '# later\n\n', '1:1: a job was expected, but an empty file was found'],
    ['an empty document', '---\n', '1:1: a job was expected, but an empty file was found'],
    [
      'an alias without an anchor',
      'name: *x\n',
      '1:7: a value was expected, but an alias without an anchor was found: *x',
    ],
    [
      'an alias of its own container',
      'name: &x [*x]\n',
      '1:11: a value was expected, but an alias of its own container was found: *x',
    ],
    [
      'both action and steps',
      'name: a\naction: unlock\nsteps: [unlock]\n',
      '3:8: steps: either action or steps was expected, but both were found (action: unlock)',
    ],
    [
      'a repeated step',
      'name: a\nsteps: [suspend, unlock, unlock]\n',
      '2:26: steps[2]: a step other than the one before was expected, but unlock was found twice in a row',
    ],
    [
      'a guard that needs the read',
      'name: a\nread_first: false\nguards:\n  only_status: [ACTIVE]\n',
      '4:16: guards.only_status: this guard needs each user to be read first, but read_first: false was found',
    ],
  ])('%s', async (_, content, problem) => {
    expect(await problemsOf(content)).toEqual([problem])
  })

  test('a step may say what its failure means', async () => {
    const content =
      'name: a\nsteps: [{ action: suspend, if_failed: go_on }, deactivate, { action: unlock }]\n'
    const { job } = await readJobFile(await write('job.yaml', content))
    expect(job.steps).toEqual([
      { action: 'suspend', if_failed: 'go_on' },
      { action: 'deactivate', if_failed: 'stop' },
      { action: 'unlock', if_failed: 'stop' },
    ])
    const wrong = await problemsOf('name: a\nsteps: [{ action: suspend, if_failed: ignore }]\n')
    expect(wrong).toEqual([
      expect.stringMatching(/^2:9: steps\[0\]: .*if_failed stop or go_on, was expected/),
    ])
  })

  test('a step may come again later', async () => {
    const { job } = await readJobFile(await write('job.yaml', 'name: a\nsteps: [unlock, suspend, unlock]\n'))
    expect(job.steps?.map(({ action }) => action)).toEqual(['unlock', 'suspend', 'unlock'])
  })

  test('without the read, both guards are named; an empty protect is none', async () => {
    const guards = 'guards:\n  protect: [a]\n  only_status: [ACTIVE]\n'
    const named = await problemsOf(`name: a\nread_first: false\n${guards}`)
    expect(named.map((line) => line.split(': ')[1])).toEqual(['guards.protect', 'guards.only_status'])

    const path = await write('job.yaml', 'name: a\nread_first: false\nguards: { protect: [] }\n')
    expect((await readJobFile(path)).job.read_first).toBe(false)
  })

  test('all at once, in the order of the file', async () => {
    const content = 'wrong: 1\nname: a\npace: { share: 2 }\nname: b\norder: random\n'
    const problems = await problemsOf(content)
    expect(problems.map((line) => line.split(' ')[0])).toEqual(['1:1:', '3:16:', '4:1:', '5:8:'])
  })

  test('the first 20, and how many more', async () => {
    const unknown = Array.from({ length: 45 }, (_, index) => `key${index}: 1\n`).join('')
    const problems = await problemsOf(`name: a\n${unknown}`)
    expect(problems).toHaveLength(21)
    expect(problems[19]).toMatch(/^21:1: key19: /)
    expect(problems[20]).toMatch(/^and 25 more in /)
  })

  test('what is found is cut and can move no cursor', async () => {
    const [problem] = await problemsOf(`name: "${'\\e[31m'.repeat(50)}"\n`)
    expect(problem).toContain('"\\u001b[31m')
    expect(problem).not.toContain('\u001b')
    expect(problem?.length).toBeLessThan(500)
  })

  test('the message names the file and the next step can be pasted', async () => {
    const path = await write("it's a job.yaml", 'name: 1\n')
    const error = await refusal(path)
    expect(error.message).toBe(`${path}:1:7: name: text was expected, but 1 was found`)
    expect(error.next).toContain(`validate --job '${directory}/it'\\''s a job.yaml'`)
    expect(error.exitCode).toBe(exitCodes.nothingSent)
  })
})

describe('JSON', () => {
  test.each<[string, string, string]>([
    ['a comma too many', '{\n  "name": "a",\n}\n', '3:1: JSON was expected: '],
    ['a comment', '{ "name": "a" } # c\n', '1:17: JSON was expected: '],
    ['no quotes', '{\n name: "a"}\n', '2:2: JSON was expected: '],
  ])('%s is refused in a .json', async (_, content, start) => {
    const [problem] = await problemsOf(content, 'job.JSON')
    expect(problem?.slice(0, start.length)).toBe(start)
  })

  test('positions and duplicate keys are as in YAML', async () => {
    const content = '{\n  "name": "a",\n  "name": "b",\n  "pace": {"share": "x"}\n}'
    expect(await problemsOf(content, 'job.json')).toEqual([
      '3:3: "name" was expected once, but it is already in line 2',
      '4:21: pace.share: a number was expected, but "x" was found',
    ])
  })
})

describe('files made to do harm, or no job at all', () => {
  test('aliases that multiply are refused before they are built', async () => {
    const levels = Array.from({ length: 12 }, (_, level) => {
      const items = level === 0 ? 'x' : `*a${level - 1}`
      return `a${level}: &a${level} [${Array.from({ length: 8 }, () => items).join(',')}]`
    })
    const [problem] = await problemsOf(`${levels.join('\n')}\n`)
    expect(problem).toContain('Excessive alias count')
  })

  test('more than 100 aliases are refused', async () => {
    const aliases = Array.from({ length: 101 }, () => '*a').join(', ')
    const [problem] = await problemsOf(`name: &a a\nguards: { protect: [${aliases}] }\n`)
    expect(problem).toBe(`2:${21 + 100 * 4}: at most 100 aliases were expected, but more were found`)
  })

  test.each<[string, string, string]>([
    ['brackets', `name: a\nsteps: ${'['.repeat(200_000)}`, '2:57: '],
    ['colons', `name: ${'a: '.repeat(100_000)}`, '1:155: '],
    ['dashes', `name: a\nsteps:\n${'- '.repeat(200_000)}`, '3:101: '],
    [
      'indentation',
      Array.from({ length: 1_200 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join(''),
      '202:1: ',
    ],
  ])('nesting without end by %s is refused', async (_, content, start) => {
    const [problem] = await problemsOf(content)
    expect(problem).toBe(
      `${start}a job, which nests three deep, was expected, but far deeper nesting was found`,
    )
  })

  test('many keys are judged at once', { timeout: 10_000 }, async () => {
    const content = Array.from({ length: 60_000 }, (_, index) => `k${index}: 1\n`).join('')
    const problems = await problemsOf(`name: a\n${content}`)
    expect(problems.at(-1)).toMatch(/^and 59980 more in /)
  })

  test('bytes that are not UTF-8', async () => {
    const [problem] = await problemsOf(Buffer.from('name: J\u00f6rg\n', 'latin1'))
    expect(problem).toMatch(/UTF-8 was expected/)
  })

  test('a file as large as an input', async () => {
    const error = await refusal(await write('input.csv', Buffer.alloc(1024 * 1024 + 1, 'a')))
    expect(error.message).toContain('1048577 bytes were found')
    expect(error.next).toContain('without --job')
  })

  test('a directory, and a file that is not there', async () => {
    await mkdir(join(directory, 'jobs'))
    expect((await refusal(join(directory, 'jobs'))).message).toMatch(/can't be read: EISDIR/)
    expect((await refusal(join(directory, 'none.yaml'))).message).toMatch(/none\.yaml can't be read: ENOENT/)
  })

  test('whatever the text, the job is read or refused with its place', async () => {
    const piece = fc.constantFrom(
      'name',
      ': ',
      'a',
      '\n',
      '  ',
      '- ',
      '[',
      ']',
      '{',
      '}',
      ',',
      '&a ',
      '*a',
      '"',
      "'",
      '|',
      '\t',
      '#',
      '---\n',
      '!x ',
      '%YAML 1.1\n',
      '? ',
      '<<',
      '\u0000',
      '\ud800',
    )
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 30 }), fc.boolean(), async (pieces, json) => {
        const path = await write(json ? 'job.json' : 'job.yaml', pieces.join(''))
        const outcome = await readJobFile(path).catch((error: unknown) => error)
        if (outcome instanceof KnownError) {
          for (const line of outcome.message.split('\n'))
            expect(line).toMatch(/job\.(yaml|json):[1-9]\d*:[1-9]\d*: \S/)
        } else expect(outcome).toHaveProperty('job.name')
      }),
      { numRuns: cases(250) },
    )
  })
})
