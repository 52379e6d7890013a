import { describe, expect, it } from 'vitest'
import { SlotQueue } from '../../src/budget/slot-queue.ts'

/** Work that goes on until it is let go, and that notes when it begins. */
function noted(began: string[], name: string): { work: () => Promise<void>; end: () => void } {
  let end = (): void => {}
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })
  return {
    work: async () => {
      began.push(name)
      await ended
    },
    end,
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('the slot queue', () => {
  it('lets in as many as there are slots, and the next when one leaves', async () => {
    const began: string[] = []
    const queue = new SlotQueue(2)
    const works = ['a', 'b', 'c', 'd'].map((name) => noted(began, name))
    for (const { work } of works) queue.add(work, 'call')
    expect([began, queue.busy]).toEqual([['a', 'b'], 2])
    works[1]?.end()
    await turn()
    expect([began, queue.busy]).toEqual([['a', 'b', 'c'], 2])
  })

  it('lets lifecycle calls in before reads, each kind in its order', async () => {
    const began: string[] = []
    const queue = new SlotQueue(1)
    const first = noted(began, 'first')
    queue.add(first.work, 'read')
    for (const name of ['read 1', 'read 2']) queue.add(async () => void began.push(name), 'read')
    for (const name of ['call 1', 'call 2']) queue.add(async () => void began.push(name), 'call')
    first.end()
    await queue.whenIdle()
    expect(began).toEqual(['first', 'call 1', 'call 2', 'read 1', 'read 2'])
  })

  it('fills slots that are added at once, and lets what is under way end where slots are taken away', async () => {
    const began: string[] = []
    const queue = new SlotQueue(1)
    const works = ['a', 'b', 'c', 'd'].map((name) => noted(began, name))
    for (const { work } of works) queue.add(work, 'call')
    queue.resize(3)
    expect(began).toEqual(['a', 'b', 'c'])
    queue.resize(1)
    works[0]?.end()
    works[1]?.end()
    await turn()
    expect([began, queue.busy]).toEqual([['a', 'b', 'c'], 1])
    works[2]?.end()
    await turn()
    expect(began).toEqual(['a', 'b', 'c', 'd'])
  })

  it('is idle once nothing is under way and nothing waits', async () => {
    const began: string[] = []
    const queue = new SlotQueue(1)
    await queue.whenIdle()
    const works = ['a', 'b'].map((name) => noted(began, name))
    for (const { work } of works) queue.add(work, 'call')
    let idle = false
    const waiting = queue.whenIdle().then(() => {
      idle = true
    })
    works[0]?.end()
    await turn()
    expect([began, idle]).toEqual([['a', 'b'], false])
    works[1]?.end()
    await waiting
    expect(queue.busy).toBe(0)
  })
})
