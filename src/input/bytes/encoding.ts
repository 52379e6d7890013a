/** The encodings in which an input can be. */
export const inputEncodings = ['utf-8', 'utf-16le', 'utf-16be', 'windows-1252'] as const
export type InputEncoding = (typeof inputEncodings)[number]

/** What can be asked for: an encoding, or `utf-16`, for which the byte-order mark tells the byte order. */
export type NamedEncoding = InputEncoding | 'utf-16'

/** The encodings as messages name them. */
export const encodingLabels: Readonly<Record<NamedEncoding, string>> = {
  'utf-8': 'UTF-8',
  'utf-16': 'UTF-16',
  'utf-16le': 'UTF-16LE',
  'utf-16be': 'UTF-16BE',
  'windows-1252': 'Windows-1252',
}

/** What can be asked for, in words for a message or a help text. */
export const knownEncodings =
  'utf-8, utf-16 (with a byte-order mark), utf-16le, utf-16be, windows-1252 (also: cp1252, latin1, iso-8859-1)'

/** By their names in lower case, without `-`, `_` and spaces. Browsers read Latin-1 as Windows-1252 too. */
const names: ReadonlyMap<string, NamedEncoding> = new Map<string, NamedEncoding>([
  ['utf8', 'utf-8'],
  ['utf16', 'utf-16'],
  ['unicode', 'utf-16'],
  ['utf16le', 'utf-16le'],
  ['utf16be', 'utf-16be'],
  ['windows1252', 'windows-1252'],
  ['cp1252', 'windows-1252'],
  ['latin1', 'windows-1252'],
  ['iso88591', 'windows-1252'],
])

/** Reads the name of an encoding, in any letter case, with or without `-`, `_` and spaces; null if it is not known. */
export function parseEncoding(text: string): NamedEncoding | null {
  return names.get(text.toLowerCase().replaceAll(/[\s_-]/g, '')) ?? null
}
