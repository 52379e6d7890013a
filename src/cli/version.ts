import program from '../../package.json' with { type: 'json' }

/** This program's version, from its package.json. */
export const programVersion = program.version
