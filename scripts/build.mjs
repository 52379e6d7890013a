import { execFileSync } from 'node:child_process'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { build } from 'esbuild'
import { billOfMaterials, bundledPackages, licenceTexts, packagesBeside } from './bundled-packages.mjs'

/**
 * Bundles the program into `dist/`, libraries included: loading a few files takes a fraction of the time of loading
 * several hundred. Each command stays a file of its own that is loaded only when it is called. The code is not
 * minified, so that stack traces can be read. Types are checked by `npm run typecheck`.
 */
const out = 'dist'

/** BullMQ reads files of its own that a bundle does not have. Both are loaded only with a store. */
const beside = ['bullmq', 'pg']

/** The page of a run's report: one script and one style sheet, which the report takes into its file. */
const page = await build({
  entryPoints: ['src/page/main.tsx', 'src/page/page.css'],
  outdir: `${out}/page`,
  bundle: true,
  minify: true,
  format: 'iife',
  platform: 'browser',
  target: 'es2022',
  charset: 'utf8',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  metafile: true,
  logLevel: 'warning',
})

/** The commit that is built, marked where files differ from it; null outside of a working copy. */
function commit() {
  try {
    const git = (...args) =>
      execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    const changed = git('status', '--porcelain', '--untracked-files=no') !== ''
    return `${git('rev-parse', 'HEAD').trim()}${changed ? ' with changes' : ''}`
  } catch {
    return null
  }
}

const program = await build({
  entryPoints: [
    'src/main.ts',
    'src/schema/write-schema.ts',
    'src/cli/docs/write-docs.ts',
    'src/cli/man-page.ts',
    'src/journal/check-thread.ts',
  ],
  outdir: out,
  outbase: 'src',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  sourcemap: true,
  metafile: true,
  logLevel: 'warning',
  define: { builtFrom: JSON.stringify(commit()) },
  external: beside,
  // Some libraries are CommonJS and ask for Node's own modules by `require`.
  banner: {
    js: `import { createRequire as requireFrom } from 'node:module'\nconst require = requireFrom(import.meta.url)`,
  },
})

const written = new Set([page, program].flatMap(({ metafile }) => Object.keys(metafile.outputs)))
const { manPage } = await import(new URL(`../${out}/cli/man-page.js`, import.meta.url).href)
const manPath = join(out, 'okta-lifecycle.1')
await writeFile(manPath, manPage())
written.add(manPath)
const bundled = await bundledPackages([page, program].flatMap(({ metafile }) => Object.keys(metafile.inputs)))
// What is bundled as well is listed once.
const added = (await packagesBeside(beside)).filter(
  ({ name, version }) => !bundled.some((other) => other.name === name && other.version === version),
)
for (const [name, text] of [
  ['sbom.cdx.json', `${JSON.stringify(await billOfMaterials([...bundled, ...added]), null, 2)}\n`],
  ['third-party-licences.txt', await licenceTexts(bundled)],
]) {
  await writeFile(join(out, name), text)
  written.add(join(out, name))
}

for (const entry of await readdir(out, { recursive: true, withFileTypes: true })) {
  const path = relative('.', join(entry.parentPath, entry.name))
  if (entry.isFile() && !written.has(path)) await rm(path)
}
