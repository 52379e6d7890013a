import { writeFileSync } from 'node:fs'
import { renderJobJsonSchema } from './json-schema.ts'

const [path] = process.argv.slice(2)
if (path === undefined) {
  process.stderr.write(
    'A path to write to was expected, nothing was found.\nnode dist/job/write-schema.js schema/job.schema.json\n',
  )
  process.exitCode = 2
} else {
  writeFileSync(path, renderJobJsonSchema())
}
