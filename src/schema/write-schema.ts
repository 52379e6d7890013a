import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { publishedSchemas, renderJsonSchema } from './json-schema.ts'

const [directory] = process.argv.slice(2)
if (directory === undefined) {
  process.stderr.write(
    'The argument that names the directory to write to is missing.\nnode dist/schema/write-schema.js schema\n',
  )
  process.exitCode = 2
} else {
  for (const [name, schema] of publishedSchemas) {
    writeFileSync(join(directory, name), renderJsonSchema(schema))
  }
}
