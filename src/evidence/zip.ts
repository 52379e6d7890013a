import { createReadStream } from 'node:fs'
import { ZipFile } from 'yazl'
import { openReplacingFile } from '../files/replacing-file.ts'

/** A file of a zip: its text, or the path of its content. */
export type ZipEntry =
  | { readonly name: string; readonly text: string }
  | { readonly name: string; readonly path: string; readonly bytes: number }

/** All entries get the same time, so that the same content gives the same bytes. Zips have no time zone. */
const options = { mtime: new Date(1980, 0, 1), mode: 0o100600, forceDosTimestamp: true }

/**
 * Writes a zip. The same entries give the same bytes. The file appears whole, mode 0600, or not at all.
 *
 * @throws CannotWrite when it can't be written
 */
export async function writeZip(path: string, entries: readonly ZipEntry[]): Promise<void> {
  const file = await openReplacingFile(path)
  const zip = new ZipFile()
  const { outputStream } = zip
  zip.on('error', (error) => {
    if ('destroy' in outputStream && typeof outputStream.destroy === 'function') outputStream.destroy(error)
  })
  for (const entry of entries) {
    if ('text' in entry) zip.addBuffer(Buffer.from(entry.text), entry.name, options)
    else
      zip.addReadStreamLazy(entry.name, { ...options, size: entry.bytes }, (pass) => {
        pass(null, createReadStream(entry.path))
      })
  }
  zip.end()
  try {
    for await (const chunk of outputStream) await file.write(chunk as Buffer)
    await file.commit()
  } finally {
    await file.discard()
  }
}
