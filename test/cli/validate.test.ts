import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { encode } from '../input/support.ts'
import { type CliEnd, startCli } from '../support/cli.ts'
import { runInProcess } from '../support/in-process.ts'

const text = 'Benutzer;login;action\r\nJörg;jörg@example.com;suspend\r\nZoë;zoë@example.com;suspend\r\n'

interface Place {
  readonly directory: string
  readonly write: (name: string, content: string | Buffer) => Promise<void>
  readonly read: (name: string) => Promise<Buffer>
  /** Carries out a command: in this process, or in one of its own where it reads standard input. */
  readonly cli: (args: readonly string[], input?: Buffer) => Promise<CliEnd>
}

/** Lends a directory with a way to run the command in it, and takes it away afterwards. */
async function withPlace(work: (place: Place) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'command-line-'))
  try {
    await work({
      directory,
      write: (name, content) => writeFile(join(directory, name), content),
      read: (name) => readFile(join(directory, name)),
      cli: (args, input) =>
        input === undefined
          ? runInProcess(args, { cwd: directory })
          : startCli(args, { cwd: directory, input }).ended,
    })
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

const sandboxRun = ['--sandbox', '--yes', '--quiet', '--run-id', 'run']

async function inputOf(place: Place): Promise<Record<string, unknown>> {
  return JSON.parse((await place.read('runs/run/run.json')).toString()).input
}

describe('the encoding of an input', () => {
  test('is told by the byte-order mark, also on standard input', async () => {
    await withPlace(async (place) => {
      const end = await place.cli(['validate', '-'], encode(`\ufeff${text}`, 'utf-16le'))
      expect([end.code, end.stdout.split(',')[0]]).toEqual([0, 'standard input: 2 rows to act on'])
    })
  })

  test('is that of the flag, else that of the job; run.json keeps it, and the copy is byte for byte', async () => {
    await withPlace(async (place) => {
      const content = encode(text, 'windows-1252')
      await place.write('leavers.csv', content)
      await place.write('job.yaml', 'name: j\ninput: { file: leavers.csv, encoding: CP1252 }\n')
      await place.write('other.yaml', 'name: j\ninput: { file: leavers.csv, encoding: UTF-8 }\n')
      expect((await place.cli(['validate', '--job', 'job.yaml'])).code).toBe(0)
      expect((await place.cli(['validate', 'leavers.csv', '--job', 'job.yaml'])).code).toBe(0)
      expect((await place.cli(['validate', '--job', 'job.yaml', '--encoding', 'utf-8'])).code).toBe(2)

      const args = ['run', '--job', 'other.yaml', '--encoding', 'Windows-1252', ...sandboxRun]
      const end = await place.cli(args)
      expect(end.code, end.stderr).toBe(0)
      expect(await inputOf(place)).toMatchObject({ file: 'input.csv', encoding: 'windows-1252' })
      expect(await place.read('runs/run/input.csv')).toEqual(content)
      expect((await place.read('runs/run/results.csv')).toString()).toContain('jörg@example.com,suspend')
    })
  })

  test("the format of a job without a file is that of the command's input", async () => {
    await withPlace(async (place) => {
      await place.write('leavers.txt', '[{"login":"ada","action":"unlock"}]')
      await place.write('job.yaml', 'name: j\ninput: { format: csv }\n')
      const end = await place.cli(['validate', 'leavers.txt', '--job', 'job.yaml'])
      expect(end.stderr).toContain('leavers.txt')
      expect(end.code).toBe(2)
    })
  })

  test('that is not known is refused by a list of those that are', async () => {
    await withPlace(async (place) => {
      await place.write('leavers.csv', text)
      const end = await place.cli(['validate', 'leavers.csv', '--encoding', 'utf-7'])
      expect(end.code).toBe(2)
      expect(end.stderr).toMatch(
        /--encoding "utf-7".* utf-8, utf-16 .* utf-16le, utf-16be, windows-1252 .* latin1/,
      )
    })
  })

  test.each(['leavers.csv', '-'])('is suggested for %s where bytes are not UTF-8', async (name) => {
    await withPlace(async (place) => {
      const content = encode(text, 'windows-1252')
      await place.write('leavers.csv', content)
      const { code, stderr } = await place.cli(['validate', name], name === '-' ? content : undefined)
      expect(code).toBe(2)
      const typed = name === '-' ? 'standard input' : name
      expect(stderr).toMatch(
        new RegExp(
          `^${typed}, row 1 \\(line 2\\), column "Benutzer": .*0xF6.*\n→ If it should read "Jörg", add --encoding windows-1252`,
        ),
      )
    })
  })
})

describe('resume', () => {
  async function stoppedRun(place: Place): Promise<void> {
    await place.write('leavers.csv', encode(`\ufeff${text}`, 'utf-16be'))
    const args = ['run', 'leavers.csv', '--max-users', '1', ...sandboxRun]
    expect((await place.cli(args)).code).toBe(3)
  }

  const resume = ['resume', 'run', '--max-users', '9', '--yes', '--quiet']

  test('reads the copy in the encoding that the input had', async () => {
    await withPlace(async (place) => {
      await stoppedRun(place)
      const end = await place.cli(resume)
      expect(end.code, end.stderr).toBe(0)
      expect((await place.read('runs/run/results.csv')).toString()).toContain(
        'zoë@example.com,suspend,succeeded',
      )
    })
  })

  test('takes no copy that has changed, and speaks of it by the name that was typed', async () => {
    await withPlace(async (place) => {
      await stoppedRun(place)
      const content = await place.read('runs/run/input.csv')
      await place.write('runs/run/input.csv', Buffer.concat([content, Buffer.of(0x41)]))
      const damaged = await place.cli(resume)
      expect(damaged.code).toBe(2)
      expect(damaged.stderr).toMatch(/The copy of leavers\.csv has changed since the run began/)
    })
  })

  test('tells that it is the copy that is gone', async () => {
    await withPlace(async (place) => {
      await stoppedRun(place)
      await rm(join(place.directory, 'runs/run/input.csv'))
      const { stderr } = await place.cli(resume)
      expect(stderr).toMatch(
        /The copy of leavers\.csv, runs\/run\/input\.csv, cannot be read: there is no such file/,
      )
    })
  })
})

test('a token or key that stands as the name of a column is shown by its length alone', async () => {
  const token = 'k7Qz-9XwPv3_mRt5Ln8Bd2Hs6Jf4Gc1Yy'
  await withPlace(async (place) => {
    const both = `login,${token},${token}2\nann@example.com,suspend,x\nann@,termination,x\n`
    await place.write('unused.csv', both)
    await place.write('user.csv', `${token}\nann@example.com\n`)
    await place.write('bad.csv', `login,${token}\nann@example.com,suspend\n/me,suspend\n`)
    await place.write('twice.csv', `login,${token},${token}\nann@example.com,a,b\n`)
    const ends = []
    for (const args of [
      ['unused.csv'],
      ['unused.csv', '--action-column', token, '--skip-invalid'],
      ['user.csv', '--user-column', token],
      ['user.csv'],
      ['bad.csv', '--user-column', token],
      ['bad.csv', '--user-column', 'login', '--action-column', token],
      ['twice.csv'],
      ['user.csv', '--action', token],
      ['user.csv', '--encoding', token],
      [`--${token}`],
    ])
      for (const more of [[], ['--json'], ['--action', 'suspend', '--json']])
        ends.push(await place.cli(['validate', ...args, ...more]))
    const said = ends.map(({ stdout, stderr }) => stdout + stderr)
    for (const one of said) expect(one).not.toContain(token)
    expect(said.filter((one) => /\[3[34] characters/.test(one)).length).toBeGreaterThan(15)
    const { columns } = JSON.parse(ends.find(({ stdout }) => stdout.includes('"user": "[33'))?.stdout ?? '{}')
    expect(columns).toEqual({ user: '[33 characters]', action: null, send_email: null })
  })
})
