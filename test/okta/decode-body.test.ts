import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeBody, maxBodyBytes } from '../../src/okta/decode-body.ts'

const encoders = {
  gzip: gzipSync,
  'x-gzip': gzipSync,
  br: brotliCompressSync,
  deflate: deflateSync,
} as const
const names = Object.keys(encoders) as (keyof typeof encoders)[]
const text = JSON.stringify({ id: '00u1', profile: { lastName: 'Grüße 🙂' } })
const plain = Buffer.from(text)

describe('decodeBody', () => {
  it.each(names)('unpacks %s', (name) => {
    expect(decodeBody(encoders[name](plain), name)).toEqual({ text })
    expect(decodeBody(encoders[name](plain), [` ${name.toUpperCase()} `])).toEqual({ text })
  })

  it('unpacks deflate without the frame of zlib', () => {
    fc.assert(
      fc.property(fc.string(), (any) => {
        expect(decodeBody(deflateRawSync(Buffer.from(any)), 'deflate').text).toBe(
          Buffer.from(any).toString('utf8'),
        )
      }),
    )
  })

  it('undoes several encodings from the last to the first', () => {
    const twice = brotliCompressSync(gzipSync(plain))
    expect(decodeBody(twice, 'gzip, br')).toEqual({ text })
    expect(decodeBody(twice, ['gzip', 'br'])).toEqual({ text })
    expect(decodeBody(twice, 'br, gzip').text).toBeNull()
    expect(decodeBody(plain, 'gzip, gzip, gzip, gzip')).toMatchObject({
      text: null,
      unreadable: expect.stringContaining('more encodings'),
    })
  })

  it('leaves what is not encoded as it is', () => {
    for (const encoding of [undefined, 'identity', 'IDENTITY', '', []])
      expect(decodeBody(plain, encoding)).toEqual({ text })
    expect(decodeBody(Buffer.alloc(0), 'gzip')).toEqual({ text: '' })
  })

  it.each(names)('unpacks no more than the limit of %s', (name) => {
    const most = Buffer.alloc(maxBodyBytes, 'a')
    expect(decodeBody(encoders[name](most), name).text).toHaveLength(maxBodyBytes)
    const bomb = encoders[name](Buffer.alloc(maxBodyBytes + 1, 'a'))
    expect(bomb.length).toBeLessThan(20_000)
    expect(decodeBody(bomb, name)).toEqual({ text: null, unreadable: 'a body of more than 8 MiB' })
  })

  it('says of a body in no known encoding what it is said to be, and shows no other words of the server', () => {
    expect(decodeBody(plain, 'zstd').unreadable).toBe(
      "a body in an encoding that this program can't read (zstd)",
    )
    for (const name of ['Ask <me>: http://x', '__proto__', 'x'.repeat(1000)])
      expect(decodeBody(plain, name).unreadable).toBe("a body in an encoding that this program can't read")
    expect(decodeBody(plain, 'constructor').text).toBeNull()
  })

  it.each(names)('says that a body is not %s or is cut off', (name) => {
    const unreadable = `a body that says it is ${name} and is not, or is cut off`
    expect(decodeBody(Buffer.from('<html>Sign in</html>'), name)).toEqual({ text: null, unreadable })
    expect(decodeBody(encoders[name](plain).subarray(0, -9), name)).toEqual({ text: null, unreadable })
  })
})
