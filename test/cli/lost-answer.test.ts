import { expect, it } from 'vitest'
import { codeWithoutAnswer, describeLostAnswer } from '../../src/cli/lost-answer.ts'

it('a lost answer is no reason to start again, and no success either', () => {
  expect([0, 1, 3, 130].map((code) => codeWithoutAnswer(code as 0))).toEqual([1, 1, 3, 130])
  expect(describeLostAnswer('the disk is full (ENOSPC)', 0, 'resume')).toMatch(
    /is done, and nothing failed: .* exit code is 1 instead of 0\. Do not start it again/,
  )
  expect(describeLostAnswer('the disk is full (ENOSPC)', 3, 'run')).not.toMatch(/nothing failed|Do not start/)
  expect(describeLostAnswer('the disk is full (ENOSPC)', 0, 'plan')).toBe(
    "Standard output can't be written: the disk is full (ENOSPC). Only the answer is missing.\n",
  )
})
