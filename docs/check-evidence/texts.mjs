// Part of check-evidence.mjs: texts as an input may write them.

const invisible = '[\\s\\p{Z}\\p{Cf}\\p{DI}]'
const [atStart, atEnd, anywhere] = [`^${invisible}+`, `${invisible}+$`, `${invisible}+`].map((pattern) => new RegExp(pattern, 'gu'))
/** Without invisible characters at its ends. */
export const trim = (text) => text.replace(atStart, '').replace(atEnd, '')
/** Without any invisible characters. */
export const bare = (text) => text.replace(anywhere, '')
/** The text in a cell such as ="00123". */
export const inFormula = (text) => (text.includes('="') ? (/^="([^"]*(?:""[^"]*)*)"$/.exec(trim(text))?.[1].replaceAll('""', '"') ?? text) : text)
export const textOf = (cell) => (cell === null || cell === undefined ? '' : typeof cell === 'object' ? JSON.stringify(cell) : String(cell))
export const plain = (cell) => trim(inFormula(textOf(cell)))
/** A key in the form in which Okta compares it: an id to the letter, a login in any letter case and without accents. */
export const fold = (key) => (/^00u[A-Za-z0-9]{17}$/.test(key) ? key : key.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replaceAll('ς', 'σ'))
