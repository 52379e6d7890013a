import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { symlinkSync, writeFileSync } from 'node:fs'
import { cp, mkdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Block, commandsOf } from './pages.ts'

/** How a command of a page ended. */
export interface Ended {
  readonly command: string
  readonly code: number | null
  /** What the page says that it ends with. */
  readonly expected: number
  /** Both streams together. */
  readonly said: string
}

/** Where commands of pages are carried out. */
export interface SessionOptions {
  /** Something like a checkout after `npm ci`. */
  readonly directory: string
  readonly env: Readonly<Record<string, string>>
  /** What a person puts in place of what stands in the page. */
  readonly instead: readonly (readonly [text: string, with_: string])[]
  /** What is typed when a command reads from the terminal. */
  readonly typed: string
}

/**
 * Makes a directory look like a checkout after `npm ci`: jobs, samples and the built program. Its program is the one that
 * was built, in front of somebody who says yes to every question.
 */
export async function makeCheckout(directory: string): Promise<void> {
  for (const name of ['docs', 'jobs', 'samples']) await cp(name, join(directory, name), { recursive: true })
  symlinkSync(resolve('node_modules'), join(directory, 'node_modules'))
  for (const name of ['dist', 'bin']) await mkdir(join(directory, name))
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }\n')
  const main = pathToFileURL(resolve('dist/main.js')).href
  const program = `const asks = ['run', 'retry', 'undo'].includes(process.argv[2])
if (asks && !process.argv.some((word) => word === '--yes' || word === '--help')) process.argv.push('--yes')
await import('${main}')
`
  writeFileSync(join(directory, 'dist/main.js'), program)
  const shim = `#!/bin/sh\nexec '${process.execPath}' '${join(directory, 'dist/main.js')}' "$@"\n`
  writeFileSync(join(directory, 'bin/okta-lifecycle'), shim, { mode: 0o755 })
  // Nothing is to appear on the screen of whoever runs the tests.
  for (const opener of ['xdg-open', 'open'])
    writeFileSync(join(directory, 'bin', opener), '#!/bin/sh\n', { mode: 0o755 })
}

/** Whether a command goes on until it is stopped. */
function isServer(command: string): boolean {
  return /^okta-lifecycle sandbox\b/.test(command)
}

/** Carries out the commands of blocks, one after the other, in one shell. */
export async function carryOut(
  blocks: readonly Block[],
  { directory, env, instead, typed }: SessionOptions,
): Promise<readonly Ended[]> {
  const commands = blocks.flatMap((block) => commandsOf(block))
  const lines = [
    'shopt -s expand_aliases',
    ...commands.flatMap((command, index) => {
      const text = instead.reduce((all, [from, to]) => all.replaceAll(from, to), command)
      const log = `said-${index}`
      return [
        `exec > ${log} 2>&1`,
        ...(isServer(text)
          ? [
              `${text.replace(/ +# .*$/, '')} &`,
              `for try in $(seq 300); do [ -s ${log} ] && break; sleep 0.1; done`,
              `[ -s ${log} ] && kill -0 $!`,
            ]
          : [text]),
        `echo "$? ${index}" >&3`,
      ]
    }),
    'for job in $(jobs -p); do kill $job; done',
  ]
  const script = join(directory, 'page.sh')
  writeFileSync(script, lines.join('\n'))
  const child = spawn('bash', ['--noprofile', '--norc', script], {
    cwd: directory,
    env: { PATH: `${join(directory, 'bin')}:${process.env.PATH}`, HOME: directory, ...env },
    stdio: ['pipe', 'ignore', 'inherit', 'pipe'],
  })
  child.stdin?.on('error', () => {}).end(typed)
  let codes = ''
  child.stdio[3]?.on('data', (chunk: Buffer) => {
    codes += chunk.toString()
  })
  await once(child, 'close')
  return await Promise.all(
    commands.map(async (command, index) => {
      const code = new RegExp(`^(\\d+) ${index}$`, 'm').exec(codes)?.[1]
      return {
        command,
        code: code === undefined ? null : Number(code),
        expected: Number(/# .*\bends with (\d+)/.exec(command)?.[1] ?? 0),
        said: await readFile(join(directory, `said-${index}`), 'utf8').catch(() => ''),
      }
    }),
  )
}

/** A port of this machine that nobody uses now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}
