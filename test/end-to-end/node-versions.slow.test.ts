import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const main = resolve('dist/main.js')
const { engines } = JSON.parse(readFileSync('package.json', 'utf8'))

/** The oldest of each line that `engines` allows, and the newest of the lines after it. */
describe.each(['20.19.0', '22.12.0', '22', '24'])('Node.js %s', (version) => {
  const home = mkdtempSync(join(tmpdir(), 'node-'))
  const node = join(home, 'node_modules/.bin/node')

  beforeAll(() => {
    execFileSync('npm', ['install', '--no-save', '--silent', '--prefix', home, `node@${version}`])
  }, 180_000)
  afterAll(() => rmSync(home, { recursive: true }))

  const okta = (...args: readonly string[]) =>
    spawnSync(node, [main, ...args], { cwd: home, encoding: 'utf8' })

  it('is one that the package allows', () => {
    const found = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()
    expect(found.startsWith(`v${version}`)).toBe(true)
    expect(engines.node).toContain(version.split('.')[0])
    expect(okta('--version').stdout).toContain(`Node.js ${found}`)
  })

  it('carries out a job and its undo, and writes the reports', () => {
    const sandbox = ['--sandbox', '--yes', '--quiet']
    const job = okta('run', '--job', resolve('jobs/offboarding.yaml'), ...sandbox, '--run-id', 'first')
    expect(job.status, job.stderr).toBe(0)
    expect(job.stderr).not.toMatch(/warning/i)
    for (const file of ['results.csv', 'report.html', 'summary.json'])
      expect(existsSync(join(home, 'runs/first', file)), file).toBe(true)
    expect(okta('verify-journal', 'first').status).toBe(0)
    expect(okta('undo', 'first', '--yes', '--quiet').status).toBeLessThanOrEqual(1)
  })
})
