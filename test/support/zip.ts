import { crc32, deflateRawSync } from 'node:zlib'

/** A file in an archive, and what is to be wrong with it. */
export interface ZipEntry {
  readonly name: string
  readonly content: Buffer | string
  /** Left as it is, in place of deflated. */
  readonly stored?: boolean
  /** What the archive says of it, where that is not so. */
  readonly says?: {
    readonly size?: number
    readonly crc?: number
    readonly flags?: number
    readonly method?: number
  }
}

interface Packed {
  readonly entry: ZipEntry
  readonly name: Buffer
  readonly data: Buffer
  readonly fixed: Buffer
}

function pack(entry: ZipEntry, zip64: boolean): Packed {
  const { says = {} } = entry
  const name = Buffer.from(entry.name)
  const content = Buffer.from(entry.content)
  const data = entry.stored === true ? content : deflateRawSync(content, { level: 1 })
  const fixed = Buffer.alloc(26)
  fixed.writeUInt16LE(zip64 ? 45 : 20, 0)
  fixed.writeUInt16LE(says.flags ?? 0x800, 2)
  fixed.writeUInt16LE(says.method ?? (entry.stored === true ? 0 : 8), 4)
  fixed.writeUInt32LE(says.crc ?? crc32(content), 10)
  fixed.writeUInt32LE(zip64 ? 0xffffffff : data.length, 14)
  fixed.writeUInt32LE(zip64 ? 0xffffffff : (says.size ?? content.length), 18)
  fixed.writeUInt16LE(name.length, 22)
  return { entry, name, data, fixed }
}

/** The sizes and the place of an entry in 64 bits. */
function zip64Extra({ entry, data }: Packed, offset: number): Buffer {
  const extra = Buffer.alloc(28)
  extra.writeUInt16LE(1, 0)
  extra.writeUInt16LE(24, 2)
  extra.writeBigUInt64LE(BigInt(entry.says?.size ?? Buffer.from(entry.content).length), 4)
  extra.writeBigUInt64LE(BigInt(data.length), 12)
  extra.writeBigUInt64LE(BigInt(offset), 20)
  return extra
}

function zip64End(count: number, directory: number, offset: number): Buffer {
  const end = Buffer.alloc(76)
  end.writeUInt32LE(0x06064b50, 0)
  end.writeBigUInt64LE(44n, 4)
  end.writeBigUInt64LE(BigInt(count), 24)
  end.writeBigUInt64LE(BigInt(count), 32)
  end.writeBigUInt64LE(BigInt(directory), 40)
  end.writeBigUInt64LE(BigInt(offset), 48)
  end.writeUInt32LE(0x07064b50, 56)
  end.writeBigUInt64LE(BigInt(offset + directory), 64)
  end.writeUInt32LE(1, 72)
  return end
}

/** Writes a ZIP archive. It does what it is told, so that archives can be wrong in every way that a reader must know. */
export function zip(entries: readonly ZipEntry[], { zip64 = false }: { zip64?: boolean } = {}): Buffer {
  const locals: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const entry of entries) {
    const packed = pack(entry, zip64)
    const { name, data, fixed } = packed
    const extra = zip64 ? zip64Extra(packed, offset) : Buffer.alloc(0)
    fixed.writeUInt16LE(extra.length, 24)
    const local = Buffer.concat([Buffer.from('504b0304', 'hex'), fixed, name, extra, data])
    const rest = Buffer.alloc(14)
    rest.writeUInt32LE(zip64 ? 0xffffffff : offset, 10)
    directory.push(Buffer.from('504b01022d00', 'hex'), fixed, rest, name, extra)
    locals.push(local)
    offset += local.length
  }
  const listed = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(listed.length, 12)
  end.writeUInt32LE(zip64 ? 0xffffffff : offset, 16)
  const long = zip64 ? [zip64End(entries.length, listed.length, offset)] : []
  return Buffer.concat([...locals, listed, ...long, end])
}
