import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readJobHistory } from '../../src/run/job-history.ts'
import { type RunFile, writeRunFile } from '../../src/run/run-file.ts'
import { plainRun } from '../engine/plain-run.ts'
import { withDirectory } from '../journal/support.ts'

/** The standing of each run in the history of its job, by its id. */
async function standings(
  runs: Readonly<Record<string, Partial<RunFile>>>,
): Promise<Readonly<Record<string, string>>> {
  return await withDirectory(async (directory) => {
    const plain = plainRun()
    const input = { ...plain.input, due_users: 12, user_sample: { hashes: [1, 2, 3], whole: true } }
    for (const [id, more] of Object.entries(runs)) {
      await mkdir(join(directory, id))
      const run: RunFile = {
        ...plain,
        run_id: id,
        from_job_file: true,
        owner: 'none',
        input_passed: true,
        state: 'finished',
        input,
        ...more,
      }
      await writeRunFile(join(directory, id), run)
    }
    const history = await readJobHistory(directory, plain.job.name, plain.org_url)
    if ('unreadable' in history) throw new Error(history.unreadable)
    return Object.fromEntries(history.past.map(({ run, standing }) => [run, standing]))
  })
}

const closedBy = (id: string): Partial<RunFile> => ({ state: 'closed', closed_by: id })

it('counts a run that was retried, and neither one that was taken back nor the undo', async () => {
  expect(
    await standings({
      plain: {},
      retried: closedBy('retry'),
      retry: { retry_of: 'retried' },
      undone: closedBy('undo'),
      undo: { undo_of: 'undone' },
    }),
  ).toEqual({ plain: 'usual', retried: 'usual', undone: 'taken_back' })
})

it('sees an undo also behind retries and another undo', async () => {
  expect(
    await standings({
      first: closedBy('retry'),
      retry: { retry_of: 'first', ...closedBy('undo') },
      undo: { undo_of: 'retry', ...closedBy('back') },
      back: { undo_of: 'undo' },
    }),
  ).toEqual({ first: 'taken_back' })
})

it('takes a closed run for taken back where nobody can tell, and not where the next never began', async () => {
  expect(
    await standings({
      moved: closedBy('gone'),
      promised: { state: 'finished', closed_by: 'never' },
      circle: closedBy('circle'),
    }),
  ).toEqual({ moved: 'taken_back', promised: 'usual', circle: 'usual' })
})

it('knows a run that a guard held back by the retry that was let pass', async () => {
  const held = { unusual: 'many', input_passed: undefined }
  expect(
    await standings({
      held: { ...closedBy('passed'), ...held },
      passed: { state: 'finished', retry_of: 'held', unusual: 'many', accept_unusual: true },
      kept: { ...closedBy('again'), ...held },
      again: { state: 'stopped', retry_of: 'kept', ...held },
      gone: { ...closedBy('moved'), ...held },
    }),
  ).toEqual({ held: 'usual' })
})

it('takes a run for half way whose retries have not come to their end either', async () => {
  expect(
    await standings({
      first: closedBy('second'),
      second: { ...closedBy('third'), retry_of: 'first' },
      third: { state: 'stopped', retry_of: 'second' },
      other: closedBy('done'),
      done: { state: 'finished', retry_of: 'other' },
      unsent: { ...closedBy('again'), owner: null, input_passed: undefined },
      again: { state: 'stopped', retry_of: 'unsent', owner: null, input_passed: undefined },
    }),
  ).toEqual({ first: 'half_way', other: 'usual' })
})

it('counts a run that began and did not come to its end, and not one that sent nothing', async () => {
  const blocked = { input_passed: undefined }
  expect(
    await standings({
      died: { state: 'running' },
      stopped: { state: 'stopped' },
      interrupted: { state: 'interrupted' },
      accepted: { state: 'stopped', unusual: 'many', accept_unusual: true },
      new: { state: 'new', ...blocked },
      unusual: { state: 'stopped', unusual: 'many', ...blocked },
      unchecked: { state: 'stopped', ...blocked },
      early: { state: 'running', ...blocked },
    }),
  ).toEqual({ died: 'half_way', stopped: 'half_way', interrupted: 'half_way', accepted: 'half_way' })
})

it('still counts a run whose input had passed, where a later execution or retry is held back', async () => {
  const held = { unusual: 'many' }
  expect(
    await standings({
      resumed: { state: 'stopped', input_passed: true, ...held },
      done: { ...closedBy('retry'), closed_from: 'finished', input_passed: true },
      retry: { retry_of: 'done', state: 'stopped', input_passed: undefined, ...held },
      part: { ...closedBy('more'), closed_from: 'stopped', input_passed: true },
      more: { retry_of: 'part', state: 'stopped', input_passed: undefined, ...held },
      never: { ...closedBy('again'), closed_from: 'stopped', input_passed: undefined, ...held },
      again: { retry_of: 'never', state: 'stopped', input_passed: undefined, ...held },
      tail: { ...closedBy('gone'), closed_from: 'stopped', input_passed: true, ...held },
    }),
  ).toEqual({ resumed: 'half_way', done: 'usual', part: 'half_way', tail: 'taken_back' })
})

it('is not pushed out by nights without users, or without an end', async () => {
  const { input } = plainRun()
  const at = (hour: number): string => new Date(Date.UTC(2026, 0, 1, hour)).toISOString()
  const empty = { ...input, due_users: 0, user_sample: { hashes: [], whole: true } }
  const runs: [string, Partial<RunFile>][] = Array.from({ length: 80 }, (_, hour) => [
    `empty-${hour}`,
    { created_at: at(hour + 1), input: empty },
  ])
  const halves: [string, Partial<RunFile>][] = Array.from({ length: 80 }, (_, hour) => [
    `half-${hour}`,
    { created_at: at(hour + 1), state: 'stopped' },
  ])
  const past = await standings({ first: { created_at: at(0) }, ...Object.fromEntries([...runs, ...halves]) })
  expect(past).toHaveProperty('first', 'usual')
  expect(Object.keys(past)).toHaveLength(121)
  expect(past).toHaveProperty('half-79', 'half_way')
  expect(past).not.toHaveProperty('half-0')
})
