import program from '../../package.json' with { type: 'json' }

/** The commit that the program was built from; the build puts it in. Undefined when the source runs unbuilt. */
declare const builtFrom: string | null | undefined

/** This program's version, from its package.json. */
export const programVersion = program.version

/**
 * What a person who reports an error is asked for: the version, the commit that it was built from, Node.js and the
 * platform.
 */
export function describeVersion(): string {
  const commit = typeof builtFrom === 'string' ? builtFrom : 'unknown'
  return `${programVersion} (commit ${commit}), Node.js ${process.version}, ${process.platform} ${process.arch}`
}
