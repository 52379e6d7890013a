import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generatedPages, withPart } from './pages.ts'

const [directory] = process.argv.slice(2)
if (directory === undefined) {
  process.stderr.write(
    'The argument that names the directory of the pages is missing.\nnode dist/cli/docs/write-docs.js docs\n',
  )
  process.exitCode = 2
} else {
  for (const [name, part] of generatedPages) {
    const path = join(directory, name)
    writeFileSync(path, withPart(readFileSync(path, 'utf8'), part()))
  }
}
