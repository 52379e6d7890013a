import { describe, expect, it } from 'vitest'
import { commandFor, runNameOf } from '../../src/messages/commands.ts'

describe('a command to type', () => {
  it.each<[string, string]>([
    ['runs/r1', 'okta-lifecycle resume r1'],
    ['other/r1', 'okta-lifecycle resume r1 --runs-dir other'],
    ['./runs/r1', 'okta-lifecycle resume r1 --runs-dir ./runs'],
    ['/srv/the runs/r1', "okta-lifecycle resume r1 --runs-dir '/srv/the runs'"],
    ["/srv/it's/r1", "okta-lifecycle resume r1 --runs-dir '/srv/it'\\''s'"],
  ])('for the run in %s', (directory, expected) => {
    expect(commandFor('resume', runNameOf(directory))).toBe(expected)
  })

  it('ends with its flags', () => {
    const name = { runId: '--latest', runsDirectory: 'other' }
    expect(commandFor('status', name, '--json')).toBe(
      'okta-lifecycle status --latest --runs-dir other --json',
    )
  })
})
