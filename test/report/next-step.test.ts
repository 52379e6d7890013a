import { describe, expect, it } from 'vitest'
import { exitCodes } from '../../src/messages/known-error.ts'
import type { Advice, StopReason } from '../../src/messages/stop.ts'
import { type NextStepFacts, nextStep } from '../../src/report/next-step.ts'
import { createTotalsCounter } from '../../src/report/totals.ts'
import { expectedSkips, type SkipReason, skipReasons } from '../../src/rules/result.ts'

const { results: none, skipped: noSkips } = createTotalsCounter().totals()
const directory = 'runs/r1'

function stoppedBy(advice: Advice): StopReason {
  return { state: 'stopped', exitCode: exitCodes.stoppedByGuard, message: 'It stopped.', advice }
}

function next(facts: Partial<NextStepFacts>): string {
  const nothing = { results: none, excused: 0, skipped: noSkips, lostLinks: 0, rowsToFeed: 1 }
  return nextStep({ directory, stopped: null, ...nothing, ...facts })
}

const resume = 'okta-lifecycle resume r1'
const retry = 'see results.csv for the reasons, fix what can be fixed, then: okta-lifecycle retry r1'

describe('the next step', () => {
  it.each<[Advice, string]>([
    [{ kind: 'go_on' }, resume],
    [{ kind: 'fix', fix: 'Make room on the disk' }, `Make room on the disk, then: ${resume}`],
    [{ kind: 'flags', flags: '--max-users 501' }, `If that is right: ${resume} --max-users 501`],
    [{ kind: 'said', next: 'Restore the journal.' }, 'Restore the journal.'],
  ])('after a stop with the advice %j', (advice, expected) => {
    const results = { ...none, failed: 3, unsettled: 1, not_run: 5 }
    expect(next({ stopped: stoppedBy(advice), results })).toBe(expected)
  })

  it.each<[string, Partial<NextStepFacts['results']>, Partial<NextStepFacts['skipped']>, string]>([
    ['nothing that needs a look', { succeeded: 9, unchanged: 2 }, {}, 'nothing, the run is complete'],
    [
      'duplicates and others left out as asked',
      { skipped: 2 },
      { duplicate: 1, only_status: 1 },
      'nothing, the run is complete',
    ],
    ['failures', { failed: 1 }, {}, retry],
    ['doubts', { in_doubt: 1 }, {}, retry],
    ['rows passed over for a doubt', { skipped: 1 }, { in_doubt: 1 }, retry],
    ['failures beside invalid rows', { failed: 1, skipped: 1 }, { invalid_row: 1 }, retry],
    // A call may have been applied: resume settles it, and nothing is offered for feeding again.
    ['unsettled tasks', { failed: 1, unsettled: 1 }, {}, resume],
    ['tasks that a drain left behind', { failed: 1, not_run: 1 }, {}, resume],
    [
      'invalid rows alone',
      { skipped: 2 },
      { invalid_row: 2 },
      'correct the rows in runs/r1/failed.csv, then run that file as an input',
    ],
  ])('after %s', (_, results, skipped, expected) => {
    expect(next({ results: { ...none, ...results }, skipped: { ...noSkips, ...skipped } })).toBe(expected)
  })

  it('says how new activation links are made, but not before the run has come to its end', () => {
    const command = 'okta-lifecycle run new-links.csv --job FILE --action reactivate --user-column id'
    expect(next({ lostLinks: 2 })).toMatch(new RegExp(`^put the okta_user_id .*: ${command}$`))
    // A new link would replace one that may be in a file that was moved.
    expect(next({ lostLinks: 2 })).toContain('not in a file that the message says to look in first')
    const failed = next({ lostLinks: 1, results: { ...none, failed: 1 } })
    expect(failed.startsWith(`${retry}; for new activation links put `)).toBe(true)
    expect(next({ lostLinks: 1, stopped: stoppedBy({ kind: 'go_on' }) })).toBe(resume)
    expect(next({ lostLinks: 1, results: { ...none, not_run: 1 } })).toBe(resume)
  })

  it('names no failed.csv that has no row', () => {
    const facts = { results: { ...none, skipped: 1 }, skipped: { ...noSkips, invalid_row: 1 }, rowsToFeed: 0 }
    expect(next(facts)).toBe('decide about the skipped users; there is nothing to resume')
  })

  it.each(
    skipReasons.filter((reason): reason is SkipReason => {
      return !expectedSkips.has(reason) && !['in_doubt', 'invalid_row'].includes(reason)
    }),
  )('after users skipped as %s is a person’s to decide', (reason) => {
    expect(next({ results: { ...none, skipped: 1 }, skipped: { ...noSkips, [reason]: 1 } })).toBe(
      'decide about the skipped users; there is nothing to resume',
    )
  })

  it('names the runs directory where it is not the default, as one word of a shell', () => {
    const where = { directory: "/srv/it's/r1" }
    const flag = "--runs-dir '/srv/it'\\''s'"
    expect(next({ ...where, results: { ...none, failed: 1 } })).toBe(`${retry} ${flag}`)
    expect(next({ ...where, stopped: stoppedBy({ kind: 'go_on' }) })).toBe(`${resume} ${flag}`)
    expect(next({ ...where, stopped: stoppedBy({ kind: 'flags', flags: '--max-users 2' }) })).toBe(
      `If that is right: ${resume} ${flag} --max-users 2`,
    )
  })
})
