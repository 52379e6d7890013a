import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The directory of the package that a bundled file belongs to; null for a file of our own. */
function packageOf(path) {
  return /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? null
}

/**
 * The packages whose code is in a bundle, each once, by name.
 *
 * @param inputs the paths of the bundled files
 */
export async function bundledPackages(inputs) {
  const directories = [...new Set(inputs.flatMap((path) => packageOf(path) ?? []))].sort()
  const found = new Map()
  for (const directory of directories) {
    const { name, version, license } = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8'))
    found.set(`${name}@${version}`, { directory, name, version, license })
  }
  return [...found.values()]
}

/**
 * The packages that are installed beside a bundle because it does not contain them, with all that they need, as the lock
 * file has them. Those for other platforms are among them.
 *
 * @param names the packages that the bundle asks for by name
 */
export async function packagesBeside(names) {
  const { packages } = await lockFile()
  const found = new Map()
  const take = (directory) => {
    if (found.has(directory)) return
    const { version, license, dependencies, optionalDependencies, peerDependencies } = packages[directory]
    const name = directory.slice(directory.lastIndexOf('node_modules/') + 'node_modules/'.length)
    found.set(directory, { directory, name, version, license })
    for (const needed of Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })) {
      const place = placeOf(needed, directory, packages)
      if (place !== null) take(place)
    }
  }
  for (const name of names) take(`node_modules/${name}`)
  return [...found.values()]
}

/** Where Node finds a package that another one asks for; null for one that is not installed, such as an optional peer. */
function placeOf(name, from, packages) {
  for (let at = from; ; at = at.slice(0, at.lastIndexOf('/node_modules/'))) {
    const place = `${at}/node_modules/${name}`
    if (packages[place] !== undefined) return place
    if (!at.includes('/node_modules/')) break
  }
  const place = `node_modules/${name}`
  return packages[place] === undefined ? null : place
}

async function lockFile() {
  return JSON.parse(await readFile('package-lock.json', 'utf8'))
}

/**
 * The software bill of materials of a bundle and what is installed beside it, as CycloneDX 1.5. `npm sbom` lists what is
 * installed instead, and leaves out a dependency that a development tool needs as well.
 */
export async function billOfMaterials(bundled) {
  const own = JSON.parse(await readFile('package.json', 'utf8'))
  const { packages } = await lockFile()
  const licenses = (license) => [
    { license: typeof license === 'string' ? { id: license } : { name: 'unknown' } },
  ]
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: {
      component: {
        type: 'application',
        'bom-ref': `${own.name}@${own.version}`,
        name: own.name,
        version: own.version,
        licenses: licenses(own.license),
      },
    },
    components: bundled.map(({ directory, name, version, license }) => ({
      type: 'library',
      'bom-ref': `${name}@${version}`,
      name,
      version,
      purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
      licenses: licenses(license),
      ...hashesOf(packages[directory]?.integrity ?? ''),
    })),
  }
}

/** The checksum of the package as it was downloaded, from `integrity` in the lock file. */
function hashesOf(integrity) {
  const [algorithm, hash] = integrity.split('-')
  if (algorithm !== 'sha512') return {}
  return { hashes: [{ alg: 'SHA-512', content: Buffer.from(hash, 'base64').toString('hex') }] }
}

/** The licences of the packages: they ask to be passed on with the code. */
export async function licenceTexts(bundled) {
  const texts = bundled.map(async ({ directory, name, version, license }) => {
    const files = (await readdir(directory)).filter((file) => /^(?:licen[cs]e|copying|notice)/i.test(file))
    const read = await Promise.all(files.sort().map((file) => readFile(join(directory, file), 'utf8')))
    return [`${name} ${version} (${license})`, ...read.map((text) => text.trim())].join('\n\n')
  })
  return `The program contains code of these packages.\n\n${(await Promise.all(texts)).join(`\n\n${'-'.repeat(80)}\n\n`)}\n`
}
