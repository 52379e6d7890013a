import { Refusal } from '../../messages/known-error.ts'
import { shellWord } from '../../messages/shell-word.ts'
import type { InputFile } from '../input-file.ts'
import { type CompoundKind, compoundKind, isCompoundFile } from './compound-file.ts'

/** A kind of file that is not read, and what to do with it. */
interface FileKind {
  readonly what: string
  readonly next: (name: string) => string
}

const asCsv = 'as CSV UTF-8 (in Excel: Save As, "CSV UTF-8 (Comma delimited)"), or as UTF-8 JSON.'

/** What to do about a file that is not text that can be read. */
export const saveAsUtf8 = `Save the file ${asCsv}`

/** The same advice as a second thing to try. */
export const orSaveAsUtf8 = `Otherwise save the file ${asCsv}`

function unpack(program: string): (name: string) => string {
  return (name) => `Unpack it first: ${program} ${shellWord(name)}`
}

const openAndSave = (): string =>
  `Open it in a spreadsheet program and save it as "Excel Workbook (.xlsx)", or ${asCsv}`
const exportAgain = (): string => `Export the list ${asCsv}`

const oldOrEncrypted: FileKind = {
  what: 'an Excel workbook in the old format (.xls), or one with a password',
  next: openAndSave,
}

/** The first bytes of files that are not text, as hexadecimal digits, and what they are. */
const byBytes: readonly (readonly [start: string, kind: FileKind])[] = [
  ['504b0304', { what: 'an Excel workbook or a ZIP archive', next: () => saveAsUtf8 }],
  ['504b0506', { what: 'an empty ZIP archive', next: exportAgain }],
  ['d0cf11e0', oldOrEncrypted],
  ['09000400', { what: 'a workbook of Excel 2 (.xls)', next: openAndSave }],
  ['09020600', { what: 'a workbook of Excel 3 (.xls)', next: openAndSave }],
  ['09040600', { what: 'a workbook of Excel 4 (.xls)', next: openAndSave }],
  ['0908', { what: 'a workbook of Excel 5 (.xls)', next: openAndSave }],
  ['fffe0000', { what: 'UTF-32', next: () => saveAsUtf8 }],
  ['0000feff', { what: 'UTF-32', next: () => saveAsUtf8 }],
  ['1f8b', { what: 'compressed with gzip', next: unpack('gunzip') }],
  ['425a68', { what: 'compressed with bzip2', next: unpack('bunzip2') }],
  ['fd377a585a00', { what: 'compressed with xz', next: unpack('unxz') }],
  ['28b52ffd', { what: 'compressed with zstd', next: unpack('unzstd') }],
  ['377abcaf271c', { what: 'a 7z archive', next: unpack('7z x') }],
  ['526172211a07', { what: 'a RAR archive', next: unpack('unrar x') }],
  ['25504446', { what: 'a PDF', next: exportAgain }],
  ['7b5c727466', { what: 'an RTF document', next: exportAgain }],
  ['89504e47', { what: 'a picture', next: exportAgain }],
  ['ffd8ff', { what: 'a picture', next: exportAgain }],
  ['53514c69746520666f726d6174', { what: 'an SQLite database', next: exportAgain }],
  ['50415231', { what: 'a Parquet file', next: exportAgain }],
]

/** The beginnings of files that are text, but neither CSV nor JSON. */
const byText: readonly (readonly [start: RegExp, kind: FileKind])[] = [
  [
    /^<\?xml[\s\S]*?(<workbook|urn:schemas-microsoft-com:office:spreadsheet)/i,
    { what: 'an Excel workbook written as XML', next: openAndSave },
  ],
  [
    /^<(!doctype html|html|head|body|table|meta|div|style)\b/i,
    { what: 'a web page (HTML)', next: openAndSave },
  ],
  [/^<!--[\s\S]*?<(html|table)\b/i, { what: 'a web page (HTML)', next: openAndSave }],
  [/^<(\?xml|[a-z][\w:.-]*(\s[^>]*)?>\s*<)/i, { what: 'an XML file', next: exportAgain }],
  [/^ID;P\w*(;[A-Z]\w*)*\r?\n[A-Z];/, { what: 'a spreadsheet in SYLK format (.slk)', next: openAndSave }],
  [/^TABLE\r?\n0,1\r?\n"/, { what: 'a spreadsheet in Data Interchange Format (.dif)', next: openAndSave }],
  [
    /^(version: 1\r?\n|#[^\n]*\n|\s)*dn::? /i,
    { what: 'an LDIF file, an export of a directory', next: exportAgain },
  ],
  [/^BEGIN:VCARD/i, { what: 'a vCard file', next: exportAgain }],
  [/^BEGIN:VCALENDAR/i, { what: 'a calendar (iCalendar)', next: exportAgain }],
  [
    /^(%YAML|---\s*\r?\n\s*(- |[\w-]+:\s)|- [\w-]+:\s|[\w-]+:[ \t]*\r?\n\s*- (\w+:\s|\S+@))/,
    { what: 'a YAML file', next: exportAgain },
  ],
  [
    /^\{\s*("index"\s*:[^{}]*)?"columns"\s*:\s*\[[^\]{}]*\][\s\S]*?"data"\s*:\s*\[\s*\[/,
    {
      what: 'JSON of the "split" form of pandas, whose rows have no names',
      next: () => 'Write it with one object for each row: df.to_json("users.json", orient="records").',
    },
  ],
  [/^MIME-Version:/i, { what: 'a web page in an archive (MHTML)', next: openAndSave }],
]

/** How many bytes of a file are read to tell what it is. */
export const kindBytes = 2048

function textOf(head: Buffer): string {
  const isUtf16 = head[0] === 0xff && head[1] === 0xfe
  return head.toString(isUtf16 ? 'utf16le' : 'latin1').replace(/^(\ufeff|\u00ef\u00bb\u00bf|\s)+/, '')
}

/**
 * Refuses a file that is neither CSV nor JSON, whatever its name says.
 * @param head the first bytes of the file, as many as {@link kindBytes}
 */
export function refuseOtherKinds(name: string, head: Buffer): void {
  const start = head.toString('hex')
  const text = textOf(head)
  const found =
    byBytes.find(([bytes]) => start.startsWith(bytes)) ?? byText.find(([pattern]) => pattern.test(text))
  if (found === undefined) return
  const [, { what, next }] = found
  throw new Refusal(
    `${name}: the input is ${what}; CSV, JSON, JSON lines or an Excel workbook (.xlsx) was expected.`,
    next(name),
  )
}

const takePasswordOff =
  'Open it in Excel and remove the password (File, Info, Protect Workbook, Encrypt with Password), then save it.'

/** Microsoft's older container, in which there may be several kinds of file. */
const byCompound: Readonly<Record<CompoundKind, FileKind>> = {
  encrypted: { what: 'encrypted: an Excel workbook with a password', next: () => takePasswordOff },
  xls: { what: 'an Excel workbook in the old format (.xls)', next: openAndSave },
  other: oldOrEncrypted,
}

/** Refuses a workbook in the old format or an encrypted one, whatever its name says. */
export async function refuseCompoundFile(
  { path, name }: Pick<InputFile, 'path' | 'name'>,
  head: Buffer,
): Promise<void> {
  if (!isCompoundFile(head)) return
  const { what, next } = byCompound[await compoundKind(path, head)]
  throw new Refusal(`${name}: the input is ${what}; an Excel workbook (.xlsx) was expected.`, next(name))
}
