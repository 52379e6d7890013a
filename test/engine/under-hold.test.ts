import { describe, expect, it } from 'vitest'
import { underHold } from '../../src/engine/under-hold.ts'
import { HoldLost } from '../../src/files/hold/hold.ts'
import { type Answer, withdrawn } from '../../src/okta/answer.ts'
import { readOwnerRequest } from '../../src/okta/request.ts'

const unanswered = (code: string): Answer => ({
  kind: 'unanswered',
  mayHaveBeenSent: false,
  code,
  why: code,
})

/** A process that gets these answers; `onSend` is what happens as a request is to leave. */
function setUp(answers: readonly Answer[], onSend = (_world: World): void => {}) {
  const world: World = { failure: null, isLost: false, isValid: true }
  const left = [...answers]
  let sent = 0
  const hold = {
    get valid() {
      return world.isValid && !world.isLost
    },
    ensure: async () => {
      if (world.isLost) throw new HoldLost('this run')
      world.isValid = true
    },
  }
  const send = underHold(
    async () => {
      sent++
      onSend(world)
      const answer = left.shift()
      if (answer === undefined) throw new Error('no answer')
      return answer
    },
    hold,
    world,
  )
  return { world, send: () => send(readOwnerRequest()), sent: () => sent }
}

interface World {
  failure: Error | null
  isLost: boolean
  isValid: boolean
}

describe('a request of an execution', () => {
  it('is not sent once the journal can’t be written, also where only a note failed', async () => {
    const { world, send, sent } = setUp([unanswered('ECONNRESET')])
    world.failure = new Error('the disk is full')
    await expect(send()).rejects.toThrow('the disk is full')
    expect(sent()).toBe(0)
  })

  it('that was withdrawn because the hold is lost ends the execution', async () => {
    const { send } = setUp([unanswered(withdrawn)], (world) => {
      world.isLost = true
    })
    await expect(send()).rejects.toThrow(HoldLost)
  })

  it('says what the journal found out of the other process', async () => {
    const { send } = setUp([unanswered(withdrawn)], (world) => {
      world.isLost = true
      world.failure = new HoldLost('this run', 'its journal has changed')
    })
    await expect(send()).rejects.toThrow('its journal has changed')
  })

  it('is tried again where the hold had only run out, and where it was withdrawn for another reason', async () => {
    const out = setUp([unanswered(withdrawn)], (world) => {
      world.isValid = false
    })
    expect(await out.send()).toEqual(unanswered(withdrawn))
    expect(out.world.isValid).toBe(true)
    expect(await setUp([unanswered(withdrawn)]).send()).toEqual(unanswered(withdrawn))
  })

  it('is an answer like any other where Okta was not reached', async () => {
    const { send } = setUp([unanswered('ECONNRESET')], (world) => {
      world.isLost = true
    })
    expect(await send()).toEqual(unanswered('ECONNRESET'))
  })
})
