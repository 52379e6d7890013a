// Part of check-evidence.mjs: the zip and the journal in it.
import { createHash } from 'node:crypto'
import { crc32, inflateRawSync } from 'node:zlib'

export const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex')

/** The files of a zip by name. `twice` is told of a name that is there already. */
export function unzip(zip, twice) {
  const files = new Map()
  const end = zip.lastIndexOf('PK\x05\x06', undefined, 'latin1')
  for (let at = zip.readUInt32LE(end + 16), left = zip.readUInt16LE(end + 10); left > 0; left--) {
    const [packed, size, nameLength, extra, comment, start] = [
      zip.readUInt32LE(at + 20),
      zip.readUInt32LE(at + 24),
      ...[28, 30, 32].map((field) => zip.readUInt16LE(at + field)),
      zip.readUInt32LE(at + 42),
    ]
    const name = zip.toString('utf8', at + 46, at + 46 + nameLength)
    const from = start + 30 + zip.readUInt16LE(start + 26) + zip.readUInt16LE(start + 28)
    const content = zip.subarray(from, from + packed)
    if (files.has(name)) twice(name)
    files.set(name, zip.readUInt16LE(at + 10) === 0 ? content : inflateRawSync(content, { maxOutputLength: size + 1 }))
    at += 46 + nameLength + extra + comment
  }
  return files
}

/** The events of a journal up to where its chain breaks, and where it ends. */
export function readJournal(bytes) {
  const events = []
  let [chain, at, lines] = ['0'.repeat(32), 0, 0]
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, at)) {
    const line = bytes.subarray(at, end)
    const [, next, crc] = /","chain":"([0-9a-f]{32})","crc":"([0-9a-f]{8})"\}$/.exec(line.toString('latin1')) ?? []
    const link = sha256(Buffer.concat([Buffer.from(chain), line.subarray(0, -61)])).slice(0, 32)
    const sum = crc32(line.subarray(0, -18)).toString(16).padStart(8, '0')
    if (next !== link || crc !== sum)
      return {
        events,
        lines,
        bytes: at,
        chain,
        broken: `journal: line ${lines + 1} does not follow the line before it`,
      }
    const { synced: _, chain: __, crc: ___, ...event } = JSON.parse(line.toString())
    events.push(event)
    chain = link
    at = end + 1
    lines++
  }
  return { events, lines, bytes: at, chain, broken: null }
}
