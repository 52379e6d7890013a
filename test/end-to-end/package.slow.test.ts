import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'

/** The files of the package alone, as `npm pack` puts them together, with nothing installed beside them. */
function unpacked(): string {
  const directory = mkdtempSync(join(tmpdir(), 'package-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const pack = ['pack', '--ignore-scripts', '--silent', '--pack-destination', directory]
  const name = execFileSync('npm', pack, { encoding: 'utf8' }).trim()
  execFileSync('tar', ['-xzf', join(directory, name), '-C', directory])
  return join(directory, 'package')
}

it('the package runs as it is unpacked, without a build and without other packages', () => {
  const home = unpacked()
  const { bin, man } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'))
  expect(existsSync(join(home, man))).toBe(true)
  expect(
    readFileSync(join(home, 'dist/third-party-licences.txt'), 'utf8').match(/permission/gi)?.length,
  ).toBeGreaterThan(40)
  const { components } = JSON.parse(readFileSync(join(home, 'dist/sbom.cdx.json'), 'utf8'))
  const names = components.map(({ name }: { readonly name: string }) => name)
  // preact is in the page, zod is a tool's as well, and pg and bullmq are installed beside the bundle.
  expect(names).toEqual(
    expect.arrayContaining([
      'undici',
      'csv-parse',
      'yaml',
      'zod',
      'preact',
      '@hono/node-server',
      'pg',
      'pg-pool',
      'bullmq',
    ]),
  )
  expect(names).not.toContain('vitest')
  for (const { version, licenses, hashes } of components) {
    expect(version).toMatch(/^\d+\.\d+/)
    expect([licenses.length, hashes[0].content.length]).toEqual([1, 128])
  }
  writeFileSync(join(home, 'leavers.csv'), 'user\nada@example.com\nbob@example.com\n')
  const okta = (...args: readonly string[]) =>
    spawnSync(process.execPath, [join(home, bin['okta-lifecycle']), ...args], { cwd: home, encoding: 'utf8' })
  const run = okta('run', 'leavers.csv', '--action', 'suspend', '--sandbox', '--yes', '--run-id', 'first')
  expect(run.status, run.stderr).toBe(0)
  for (const file of ['results.csv', 'report.html', 'summary.json'])
    expect(existsSync(join(home, 'runs/first', file)), file).toBe(true)
  const job = okta('run', '--job', 'jobs/offboarding.yaml', '--sandbox', '--yes', '--quiet')
  expect(job.status, job.stderr).toBe(0)
})
