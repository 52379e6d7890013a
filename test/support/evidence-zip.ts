import { readFile, writeFile } from 'node:fs/promises'
import { type Entry, fromBuffer, type ZipFile } from 'yauzl'
import { zip } from './zip.ts'

/** The files of a zip as texts, by name, in its order. */
export async function readZip(path: string): Promise<Map<string, string>> {
  const archive = await open(await readFile(path))
  const files = new Map<string, string>()
  return await new Promise((resolve, reject) => {
    archive.on('error', reject)
    archive.on('end', () => resolve(files))
    archive.on('entry', (entry: Entry) => {
      archive.openReadStream(entry, async (error, stream) => {
        if (error !== null) return reject(error)
        const chunks: Buffer[] = []
        for await (const chunk of stream) chunks.push(chunk as Buffer)
        files.set(entry.fileName, Buffer.concat(chunks).toString())
        archive.readEntry()
      })
    })
    archive.readEntry()
  })
}

async function open(content: Buffer): Promise<ZipFile> {
  return await new Promise((resolve, reject) => {
    fromBuffer(content, { lazyEntries: true }, (error, archive) =>
      error === null ? resolve(archive) : reject(error),
    )
  })
}

/** Writes files into a new zip. */
export async function rezip(path: string, files: ReadonlyMap<string, string>): Promise<void> {
  await writeFile(path, zip([...files].map(([name, content]) => ({ name, content }))))
}
