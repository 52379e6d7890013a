import { expect, test } from 'vitest'
import type { InputFile } from '../../../src/input/input-file.ts'
import { openZipParts } from '../../../src/input/xlsx/zip-parts.ts'
import { zip } from '../../support/zip.ts'
import { knownErrorOf, withInput } from '../support.ts'

/** Unpacks parts one after another and returns how many bytes each has. */
async function unpack(input: InputFile, names: readonly string[]): Promise<number[]> {
  const parts = await openZipParts(input)
  try {
    const sizes: number[] = []
    for (const name of names) {
      let size = 0
      for await (const chunk of parts.read(name)) size += chunk.length
      sizes.push(size)
    }
    return sizes
  } finally {
    parts.close()
  }
}

const half = 160_000_000

function halves(): Buffer {
  const content = Buffer.alloc(half)
  return zip(['a', 'b'].map((name) => ({ name, content })))
}

test('parts are counted together, one that is read again once', async () => {
  await withInput(halves(), async (input) => {
    const before = process.memoryUsage.rss()
    expect(await unpack(input, ['a', 'A'])).toEqual([half, half])
    expect(process.memoryUsage.rss() - before).toBeLessThan(150_000_000)
    const error = await knownErrorOf(unpack(input, ['a', 'b']))
    expect(error.message).toContain('larger than 300 MB when unpacked')
  })
})

test('a part that says too little is given up where it says more than that', async () => {
  const content = Buffer.alloc(half / 4)
  await withInput(zip([{ name: 'a', content, says: { size: 1000 } }]), async (input) => {
    const before = process.memoryUsage.rss()
    expect((await knownErrorOf(unpack(input, ['a']))).message).toContain('"a": ')
    expect(process.memoryUsage.rss() - before).toBeLessThan(50_000_000)
  })
})

test('a part that is not there', async () => {
  await withInput(zip([{ name: 'a', content: '' }]), async (input) => {
    expect((await knownErrorOf(unpack(input, ['b']))).message).toContain('its part "b" is missing')
  })
})
