import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseCsv, type Workplace, withWorkplace } from '../end-to-end/workplace.ts'
import type { ForeignOrg, ForeignOrgOptions } from '../support/foreign-org/server.ts'
import { type ForeignUser, makeUsers } from '../support/foreign-org/user.ts'
import { type Block, blocksOf, commandsOf, pages } from './pages.ts'
import { carryOut, freePort, makeCheckout, type SessionOptions } from './session.ts'

/** What a scene needs besides the directory with jobs, samples and `leavers.csv`, and an org with all users of them. */
interface Scene {
  /** The org's faults. */
  readonly org?: ForeignOrgOptions
  /** The command that went before, and what it ended with. */
  readonly before?: readonly [args: string, code: number]
  /** Whether each command of the block begins anew. */
  readonly each?: boolean
  /** More that has to be there. Returns what a person puts in place of what the page says, and settings. */
  readonly prepare?: (place: Workplace) => Promise<readonly (readonly [text: string, with_: string])[]>
}

const blocks = pages.flatMap(blocksOf).filter(({ language }) => language === 'sh')

/** Blocks that are not run here, by their first command, and why. */
const notRun: ReadonlyMap<string, string> = new Map([
  [
    'npm ci && npm start   # runs the offboarding job on the sample leavers, in a simulated Okta org',
    'npm ci asks the registry; .ci/run does it in a clean checkout. What npm start runs then is run below',
  ],
  [
    'okta-lifecycle submit leavers.csv --job jobs/offboarding.yaml --yes --store postgres://db.example.com/lifecycle  # Submit a job',
    'it needs a database; fleet.slow.test.ts has one, and submits there',
  ],
  [
    'okta-lifecycle worker --store postgres://db.example.com/lifecycle  # For the one org of the settings',
    'it works until it is told to stop; fleet.slow.test.ts starts workers and stops them',
  ],
])

const bobOnce = (fault: 'forbidden' | 'invalidToken'): ForeignOrgOptions => ({
  fault: ({ action, key, attempt }) =>
    action !== null && attempt === 1 && isBob(key) ? { name: fault } : null,
})

const bobId = '00uBobOfTheDocs00000'

function isBob(key: string | null): boolean {
  return key === bobId || key === 'bob@example.com'
}

/** A run of `leavers.csv` that came before. */
function runBefore(code: number, more = ''): readonly [args: string, code: number] {
  return [`run leavers.csv --action suspend --yes --quiet${more}`, code]
}

/** Scenes of single blocks, by page and how the block begins. */
const scenes: Readonly<Record<string, Scene>> = {
  'docs/commands.md okta-lifecycle run --job': {
    before: ['plan --job jobs/offboarding.yaml --out plan.json', 0],
    prepare: async (place) => {
      await place.write('nightly.yaml', 'name: nightly\naction: suspend\ninput: { file: leavers.csv }\n')
      return []
    },
  },
  'docs/commands.md okta-lifecycle resume --latest': {
    org: bobOnce('invalidToken'),
    before: runBefore(4, ' --run-id 20260901T020000000Z-nightly'),
    each: true,
  },
  'docs/commands.md okta-lifecycle retry --latest': {
    org: bobOnce('forbidden'),
    before: runBefore(1),
    each: true,
  },
  'docs/commands.md okta-lifecycle undo --latest': {
    before: runBefore(0, ' --run-id 20260901T020000000Z-leavers'),
    each: true,
  },
  'docs/commands.md okta-lifecycle status --latest': { before: runBefore(0) },
  'docs/commands.md okta-lifecycle report --latest': { before: runBefore(0, ' --run-id RUN') },
  'docs/commands.md okta-lifecycle runs ': { before: runBefore(0) },
  'docs/commands.md okta-lifecycle evidence --latest': { before: runBefore(0, ' --run-id RUN') },
  'docs/commands.md okta-lifecycle verify-journal --latest': { before: runBefore(0, ' --run-id RUN') },
  'docs/commands.md okta-lifecycle sandbox --port': {
    prepare: async (place) => {
      makeKey(place)
      return []
    },
  },
  'docs/commands.md source <(okta-lifecycle completion bash)  ': {
    prepare: async (place) => {
      for (const path of ['.zfunc', '.config/fish/completions'])
        await mkdir(join(place.directory, path), { recursive: true })
      return []
    },
  },
  'docs/resume-retry-undo.md okta-lifecycle status': { org: bobOnce('invalidToken'), before: runBefore(4) },
  'docs/resume-retry-undo.md okta-lifecycle retry --latest': {
    org: bobOnce('forbidden'),
    before: runBefore(1),
  },
  'docs/resume-retry-undo.md okta-lifecycle undo --latest': { before: runBefore(0) },
  'docs/resume-retry-undo.md okta-lifecycle verify-journal --latest': { before: runBefore(0) },
  'docs/results.md okta-lifecycle report --latest': { before: runBefore(0) },
  'docs/results.md okta-lifecycle runs --prune --keep 90d': { before: runBefore(0) },
  'docs/troubleshooting.md okta-lifecycle doctor': { before: runBefore(0) },
  'docs/connection.md export OKTA_CLIENT_ORGURL=https://your-org.okta.com OKTA': { prepare: serviceApp },
}

/** A private and a public key in the directory, as `key.pem` and `public.pem`. */
function makeKey(place: Workplace): void {
  const more = { cwd: place.directory, stdio: 'pipe' } as const
  const algorithm = ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048']
  execFileSync('openssl', ['genpkey', ...algorithm, '-out', 'key.pem'], more)
  execFileSync('openssl', ['pkey', '-in', 'key.pem', '-pubout', '-out', 'public.pem'], more)
  execFileSync('chmod', ['600', 'key.pem'], more)
}

/** An org with a service app, whose key is there. */
async function serviceApp(place: Workplace): Promise<readonly (readonly [string, string])[]> {
  makeKey(place)
  const sandbox = place.start(null, ['sandbox', '--oauth-client', '0oa1ab2cd3ef4gh5ij6k=public.pem'])
  await sandbox.says(/^http:\S+$/m)
  const url = /^http:\S+$/m.exec(sandbox.printed.stdout)?.[0] ?? ''
  return [
    ['https://your-org.okta.com', url],
    ['/etc/okta-lifecycle/key.pem', join(place.directory, 'key.pem')],
  ]
}

/** Everybody whom the samples and the pages name. */
function users(): readonly ForeignUser[] {
  const leavers = parseCsv(readFileSync('samples/leavers.csv', 'utf8')).map((row) => row.work_email ?? '')
  const nightly = readFileSync('samples/nightly.csv', 'utf8')
    .split('\n')
    .slice(1)
    .map((line) => line.split(';')[0] ?? '')
  const protectedOnes = ['ceo@example.com', 'emergency-access@example.com']
  const logins = [...new Set([...leavers, ...nightly, ...protectedOnes, 'ann@example.com'])].filter(
    (login) => login !== '',
  )
  const records = readFileSync('samples/migration.jsonl', 'utf8').trimEnd().split('\n')
  const ids = [...new Set(records.map((line): string => JSON.parse(line).id))]
  return [
    ...makeUsers({ count: logins.length }).map((user, index) => ({ ...user, login: logins[index] ?? '' })),
    ...makeUsers({ count: ids.length, first: 1000, status: ['STAGED', 'ACTIVE'] }).map((user, index) => ({
      ...user,
      id: ids[index] ?? '',
    })),
    ...makeUsers({ count: 1, first: 2000 }).map((user) => ({ ...user, id: bobId, login: 'bob@example.com' })),
  ]
}

/** The blocks that are carried out together, in one shell: those of a page, but for those with a scene of their own. */
function groups(): readonly {
  readonly name: string
  readonly scene: Scene
  readonly blocks: readonly Block[]
}[] {
  return pages.flatMap((page) => {
    const own = blocks.filter((block) => block.page === page && !notRun.has(firstLine(block)))
    const single = own.filter((block) => sceneOf(block) !== undefined)
    const together = own.filter((block) => sceneOf(block) === undefined)
    return [
      ...(together.length === 0 ? [] : [{ name: page, scene: {}, blocks: together }]),
      ...single.flatMap((block) => {
        const scene = sceneOf(block) ?? {}
        const name = `${page}, line ${block.line}`
        if (scene.each !== true) return [{ name, scene, blocks: [block] }]
        return commandsOf(block).map((text) => ({
          name: `${name}: ${text}`,
          scene,
          blocks: [{ ...block, text }],
        }))
      }),
    ]
  })
}

function firstLine({ text }: Block): string {
  return text.split('\n')[0] ?? ''
}

function sceneOf({ page, text }: Block): Scene | undefined {
  return Object.entries(scenes).find(([begin]) => `${page} ${text}`.startsWith(begin))?.[1]
}

/** Ports that the pages name are somebody else's on this machine. */
async function freePorts(): Promise<SessionOptions['instead']> {
  const text = blocks.map((block) => block.text).join('\n')
  const ports = new Set(text.match(/(?<=127\.0\.0\.1:|--port )\d+/g))
  return await Promise.all([...ports].map(async (port) => [port, String(await freePort())] as const))
}

/** Files of a page that its commands use: a block whose first line is a comment with a name. */
function writeFiles(page: string, directory: string): void {
  for (const { text } of blocksOf(page)) {
    const name = /^(?:\/\/|#) (\S+\.\w+)\n/.exec(text)?.[1]
    if (name !== undefined) writeFileSync(join(directory, name), text)
  }
}

/** The files that git would show as new in a checkout. */
function notIgnored(names: readonly string[]): readonly string[] {
  const { stdout } = spawnSync('git', ['check-ignore', '--no-index', ...names], { encoding: 'utf8' })
  const ignored = new Set(stdout.split('\n'))
  // A pattern for a directory matches only what is one.
  return names.filter((name) => !ignored.has(name) && name !== 'runs')
}

describe('every command of the pages is carried out as it is written', () => {
  it.each(groups())('$name', async ({ scene, blocks: own }) => {
    await withWorkplace(async (place) => {
      await makeCheckout(place.directory)
      await place.write('leavers.csv', 'login\nann@example.com\nbob@example.com\n')
      writeFiles(own[0]?.page ?? '', place.directory)
      const org: ForeignOrg = await place.org({ users: users(), ...scene.org })
      const prepared = (await scene.prepare?.(place)) ?? []
      if (scene.before !== undefined) {
        const [args, code] = scene.before
        const end = await place.run(org, args.split(' '))
        expect(end.code, end.stderr).toBe(code)
      }
      const before = new Set(await readdir(place.directory))
      const ends = await carryOut(own, {
        directory: place.directory,
        env: prepared.length > 0 ? {} : { OKTA_CLIENT_ORGURL: org.url, OKTA_CLIENT_TOKEN: org.token },
        instead: [...prepared, ...(await freePorts()), ['https://your-org.okta.com', org.url]],
        typed: `${org.token}\n`,
      })
      for (const { command, code, expected, said } of ends) expect(code, `${command}\n${said}`).toBe(expected)
      // curl ends with 0 also where the org refuses. The pages show that once.
      const refused = ends.filter(({ command, said }) => /^curl/.test(command) && said.includes('errorCode'))
      expect(refused.map(({ said }) => said)).toEqual(
        own[0]?.page === 'docs/sandbox.md' ? [expect.stringContaining('Cannot suspend a user')] : [],
      )
      const left = (await readdir(place.directory)).filter(
        (name) => !before.has(name) && !/^(?:page\.sh|said-\d+)$/.test(name),
      )
      expect(notIgnored(['leavers.csv', ...left])).toEqual([])
      expect(ends).toHaveLength(own.flatMap((block) => commandsOf(block)).length)
    })
  })

  it('and what npm start runs after its build', async () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'))
    const [, command = ''] = scripts.start.split(' && ')
    await withWorkplace(async (place) => {
      await makeCheckout(place.directory)
      const block = { page: 'package.json', line: 1, language: 'sh', text: command }
      const [end] = await carryOut([block], { directory: place.directory, env: {}, instead: [], typed: '' })
      expect(end?.code, end?.said).toBe(0)
      expect(end?.said).toMatch(/^Report +runs\/\S+\/report\.html$/m)
    })
  })

  it('but for a few, each with its reason', () => {
    for (const first of notRun.keys()) expect(blocks.map(firstLine)).toContain(first)
    for (const begin of Object.keys(scenes))
      expect(blocks.filter(({ page, text }) => `${page} ${text}`.startsWith(begin))).toHaveLength(1)
  })
})
