import { open } from 'node:fs/promises'

/** The first bytes of Microsoft's older container, which holds `.xls` files and workbooks with a password. */
const signature = Buffer.from('d0cf11e0a1b11ae1', 'hex')

/** The size of an entry of its directory, which begins with the entry's name as UTF-16. */
const entryBytes = 128

/** How many sectors of the directory are read. Programs write them one after another. */
const lookedAt = 8

/** Whether a file is such a container, by its first bytes. */
export function isCompoundFile(head: Buffer): boolean {
  return head.subarray(0, signature.length).equals(signature)
}

function namesIn(directory: Buffer): string[] {
  const names: string[] = []
  for (let start = 0; start + entryBytes <= directory.length; start += entryBytes) {
    const length = directory.readUInt16LE(start + 64)
    if (length >= 2 && length <= 64) names.push(directory.toString('utf16le', start, start + length - 2))
  }
  return names
}

/** What such a container may hold. */
export type CompoundKind = 'encrypted' | 'xls' | 'other'

/**
 * What such a container holds, by the first names in its directory.
 * @param head its first bytes, at least 512
 */
export async function compoundKind(path: string, head: Buffer): Promise<CompoundKind> {
  if (head.length < 512) return 'other'
  const sectorBytes = 2 ** Math.min(head.readUInt16LE(30), 12)
  const start = (head.readUInt32LE(48) + 1) * sectorBytes
  const handle = await open(path)
  try {
    const { buffer, bytesRead } = await handle.read(
      Buffer.alloc(lookedAt * sectorBytes),
      0,
      lookedAt * sectorBytes,
      start,
    )
    const names = namesIn(buffer.subarray(0, bytesRead))
    if (names.some((name) => /^Encrypt(edPackage|ionInfo)$/.test(name))) return 'encrypted'
    return names.some((name) => /^(Workbook|Book)$/i.test(name)) ? 'xls' : 'other'
  } finally {
    await handle.close()
  }
}
