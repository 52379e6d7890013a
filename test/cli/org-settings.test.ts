import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { readOrgSettings, readSmallFile } from '../../src/cli/org-settings.ts'

const text = 'okta: { client: { orgUrl: "https://grün.example.com" } }\n'

function big(plain: string): Buffer {
  return Buffer.from(plain, 'utf16le').swap16()
}

/** A home directory with a file of settings, which ends with the test. */
async function homeWith(write: (path: string) => Promise<void>): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'org-settings-'))
  onTestFinished(() => rm(home, { recursive: true }))
  await mkdir(join(home, '.okta'))
  await write(join(home, '.okta', 'okta.yaml'))
  return home
}

it.each([
  ['UTF-8', Buffer.from(text)],
  ['UTF-8 with its mark', Buffer.from(`\ufeff${text}`)],
  ['UTF-16 as PowerShell writes it', Buffer.from(`\ufeff${text}`, 'utf16le')],
  ['UTF-16 in the other order', big(`\ufeff${text}`)],
  ['UTF-16 with half a character more', Buffer.concat([big(`\ufeff${text}`), Buffer.from('x')])],
])('reads a file of settings in %s', async (_what, bytes) => {
  const home = await homeWith((path) => writeFile(path, bytes))
  const { settings } = await readOrgSettings({ HOME: home })
  expect(settings.orgUrl?.value).toBe('https://grün.example.com')
})

it('reads an empty file of settings as none, and none as none', async () => {
  const empty = await homeWith((path) => writeFile(path, ''))
  expect((await readOrgSettings({ HOME: empty })).settings).toEqual({})
  const none = await homeWith(async () => {})
  expect((await readOrgSettings({ HOME: none })).settings).toEqual({})
})

it('refuses UTF-16 without its mark', async () => {
  const home = await homeWith((path) => writeFile(path, Buffer.from(text, 'utf16le')))
  await expect(readOrgSettings({ HOME: home })).rejects.toThrow(
    '~/.okta/okta.yaml is not text in UTF-8: it contains zero bytes.',
  )
})

it('refuses a link to nothing', async () => {
  const home = await homeWith((path) => symlink('gone.yaml', path))
  await expect(readOrgSettings({ HOME: home })).rejects.toThrow(
    '~/.okta/okta.yaml is a link to a file that is not there.',
  )
})

it('reads a key in UTF-16', async () => {
  const home = await homeWith((path) => writeFile(path, Buffer.from('\ufeffkey', 'utf16le')))
  expect(readSmallFile(join(home, '.okta', 'okta.yaml'))).toBe('key')
})
