import { expect, it } from 'vitest'
import { unlessGivenUp } from '../../src/engine/given-up.ts'
import { exitCodes } from '../../src/messages/known-error.ts'
import { StopSwitch } from '../../src/messages/stop.ts'
import { noAnswer } from '../okta/answers.ts'

const interrupted = {
  state: 'interrupted',
  exitCode: exitCodes.terminated,
  message: 'SIGTERM was received',
  advice: { kind: 'go_on' },
} as const

const never = new Promise<never>(() => {})

it('a read without an answer is given up after the drain of a stop, and not before a stop', async () => {
  const stop = new StopSwitch()
  const asked = unlessGivenUp(never, stop, 20)
  // A timer of the same length shows that nothing ran before the stop.
  const later = new Promise((resolve) => setTimeout(() => resolve('still asking'), 25))
  expect(await Promise.race([asked, later])).toBe('still asking')
  stop.turn(interrupted)
  expect(await asked).toMatchObject({ kind: 'unanswered', why: 'the run stopped before the answer came' })
  // One that is asked after the stop has the same time.
  expect(await unlessGivenUp(never, stop, 20)).toMatchObject({ kind: 'unanswered' })
})

it('an answer that comes within the drain counts', async () => {
  const stop = new StopSwitch()
  const answer = noAnswer(true)
  const asked = unlessGivenUp(
    new Promise((resolve) => stop.signal.addEventListener('abort', () => resolve(answer))),
    stop,
    60_000,
  )
  stop.turn(interrupted)
  expect(await asked).toBe(answer)
})
