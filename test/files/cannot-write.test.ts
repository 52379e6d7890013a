import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { asCannotWrite, CannotWrite, withNext } from '../../src/files/cannot-write.ts'
import { exitCodes, FixableError, Refusal } from '../../src/messages/known-error.ts'

/** What the system really says. */
async function errorOf(work: () => Promise<unknown>): Promise<unknown> {
  try {
    await work()
  } catch (error) {
    return error
  }
  throw new Error('Nothing was refused.')
}

describe('a file that the system refuses', () => {
  it('is told with its path, the reason and the fix', async () => {
    const full = CannotWrite.of('runs/r/results.csv', await errorOf(() => writeFile('/dev/full', 'x')))
    expect(full.message).toBe("runs/r/results.csv can't be written: the disk is full (ENOSPC).")
    expect(full.next).toBe('Make room on the disk, then try again.')
    expect(full.exitCode).toBe(exitCodes.nothingSent)
  })

  it('is told with its place where the system does not say which file it is', async () => {
    const full = asCannotWrite(await errorOf(() => writeFile('/dev/full', 'x')), 'A file in runs/r/lock')
    expect(full?.message).toBe("A file in runs/r/lock can't be used: the disk is full (ENOSPC).")
  })

  it('goes on as those say who know what comes next', async () => {
    const full = CannotWrite.of('x', await errorOf(() => writeFile('/dev/full', 'x')))
    const resume = full.so(', then: okta-lifecycle resume r', exitCodes.stoppedByGuard)
    expect(resume.message).toBe(full.message)
    expect(resume.next).toBe('Make room on the disk, then: okta-lifecycle resume r')
    expect(resume.exitCode).toBe(exitCodes.stoppedByGuard)
    expect(resume.cause).toBe(full.cause)
  })

  it('keeps what the one closest to it has said comes next', async () => {
    const full = CannotWrite.of('x', await errorOf(() => writeFile('/dev/full', 'x')))
    const resume = withNext(full, ', then: okta-lifecycle resume r', exitCodes.stoppedByGuard)
    expect(resume).toMatchObject({
      next: 'Make room on the disk, then: okta-lifecycle resume r',
      exitCode: exitCodes.stoppedByGuard,
    })
    expect(resume).toBeInstanceOf(CannotWrite)
    expect(withNext(resume, ', then: okta-lifecycle retry r', exitCodes.nothingSent)).toBe(resume)
    const other = new Refusal('x', 'y')
    expect(withNext(other, ', then: okta-lifecycle resume r', exitCodes.stoppedByGuard)).toBe(other)
  })

  it('is told from other errors', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'cannot-write-'))
    const missing = await errorOf(() => readFile(join(directory, 'nothing')))
    await rm(directory, { recursive: true })
    expect(asCannotWrite(missing)?.message).toContain(
      `${join(directory, 'nothing')} can't be used: there is no`,
    )
    const own = CannotWrite.of('x', missing)
    expect(asCannotWrite(own)).toBe(own)
    const journal = new FixableError('The journal is full.', 'Make room', exitCodes.stoppedByGuard)
    expect(asCannotWrite(journal)).toBe(journal)
    expect(asCannotWrite(new Refusal('x', 'y'))).toBeNull()
    expect(asCannotWrite(new TypeError('x is not a function'))).toBeNull()
    expect(asCannotWrite('ENOSPC')).toBeNull()
    expect(asCannotWrite(Object.assign(new Error('x'), { code: 'ERR_INVALID_ARG_TYPE' }))).toBeNull()
  })
})
