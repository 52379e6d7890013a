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

interface World {
  failure: Error | null
  isLost: boolean
  isValid: boolean
}

/** A process whose requests get this answer; `onSend` is what happens as one is to leave. */
function setUp(answer: Answer, onSend = (_world: World): void => {}) {
  const world: World = { failure: null, isLost: false, isValid: true }
  const failures: unknown[] = []
  let sent = 0
  const send = underHold(
    async () => {
      sent++
      onSend(world)
      return answer
    },
    {
      hold: {
        get valid() {
          return world.isValid && !world.isLost
        },
        ensure: async () => {
          if (world.isLost) throw new HoldLost('this run')
          world.isValid = true
        },
      },
      journal: world,
      onFailure: (cause) => failures.push(cause),
    },
  )
  return { world, failures, send: () => send(readOwnerRequest()), sent: () => sent }
}

describe('a request of an execution', () => {
  it('is not sent once the journal can’t be written, also where only a note failed', async () => {
    const { world, failures, send, sent } = setUp(unanswered('ECONNRESET'))
    world.failure = new Error('the disk is full')
    expect(await send()).toMatchObject({ kind: 'unanswered', mayHaveBeenSent: false, code: withdrawn })
    expect(failures).toEqual([world.failure])
    expect(sent()).toBe(0)
  })

  it('that was withdrawn because the hold is lost ends the execution', async () => {
    const { failures, send } = setUp(unanswered(withdrawn), (world) => {
      world.isLost = true
    })
    expect(await send()).toEqual(unanswered(withdrawn))
    expect(failures).toEqual([expect.any(HoldLost)])
  })

  it('says what the journal found out of the other process', async () => {
    const found = new HoldLost('this run', 'its journal has changed')
    const { failures, send } = setUp(unanswered(withdrawn), (world) => {
      world.isLost = true
      world.failure = found
    })
    await send()
    expect(failures).toEqual([found])
  })

  it('is tried again where the hold had only run out, and where it was withdrawn for another reason', async () => {
    const out = setUp(unanswered(withdrawn), (world) => {
      world.isValid = false
    })
    expect(await out.send()).toEqual(unanswered(withdrawn))
    expect(out.world.isValid).toBe(true)
    const other = setUp(unanswered(withdrawn))
    expect(await other.send()).toEqual(unanswered(withdrawn))
    expect([...out.failures, ...other.failures]).toEqual([])
  })

  it('is an answer like any other where Okta was not reached', async () => {
    const { failures, send } = setUp(unanswered('ECONNRESET'), (world) => {
      world.isLost = true
    })
    expect(await send()).toEqual(unanswered('ECONNRESET'))
    expect(failures).toEqual([])
  })
})
