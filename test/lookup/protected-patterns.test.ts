import { expect, it } from 'vitest'
import { lookUpProtected } from '../../src/lookup/protected-users.ts'
import { answerOf } from '../okta/answers.ts'
import { lookupOf } from './lookup-of.ts'

it.each([
  '*',
  '*@vip.example.com',
  'ceo@*',
  'admin-*',
  '*@*.example.com',
  '*.lee@example.com',
  "o'*@example.com",
])('takes %s as a pattern', async (pattern) => {
  const { parts } = lookupOf(() => answerOf(404))
  expect((await lookUpProtected(parts, [pattern])).entries).toEqual([pattern])
})

it.each([
  '"*@board.example.com"',
  '*@board.example.com,*@exec.example.com',
  '*@board.example.com;',
  '“*@board.example.com”',
  '<*@board.example.com>',
  'mailto:*@board.example.com',
  '*＠board.example.com',
  '.*@board\\.example\\.com',
  '*3@exam\u200bple.com',
  '* @example.com',
])('stops for %s, which matches nobody', async (pattern) => {
  const { parts } = lookupOf(() => answerOf(404))
  await expect(lookUpProtected(parts, [pattern])).rejects.toThrow()
  expect(parts.stop.reason?.message).toContain('in guards.protect may protect nobody')
})
