import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { escapeXml, textRows, workbookEntries, workbookParts, writeWorkbook } from '../../support/workbook.ts'
import { type ZipEntry, zip } from '../../support/zip.ts'
import { cellsOf, readBytes, refusal } from './support.ts'

const sheets = [{ name: 'Leavers', rows: textRows([['user'], ['ada@example.com']]) }]
const entries = workbookEntries({ sheets })
const sheetPart = 'xl/worksheets/sheet1.xml'

function changed(name: string, change: (entry: ZipEntry) => ZipEntry): Buffer {
  return zip(entries.map((entry) => (entry.name === name ? change(entry) : entry)))
}

/** The workbook with a part of its XML changed. */
function withXml(name: string, change: (xml: string) => string): Buffer {
  return changed(name, (entry) => ({ ...entry, content: change(entry.content.toString()) }))
}

describe('an archive is read', () => {
  const read: readonly (readonly [string, Buffer])[] = [
    ['in any order', zip([...entries].reverse())],
    ['with 64 bits for sizes and places', zip(entries, { zip64: true })],
    ['without compression', zip(entries.map((entry) => ({ ...entry, stored: true })))],
    ['with folders of its own', zip([{ name: 'xl/', content: '', stored: true }, ...entries])],
    [
      'with parts that nobody reads',
      zip([...entries, { name: 'xl/media/image1.png', content: randomBytes(1000) }]),
    ],
    [
      'with names in other letter case',
      zip(entries.map((entry) => ({ ...entry, name: entry.name.replace('xl/', 'XL/') }))),
    ],
  ]
  test.each(read)('%s', async (_, bytes) => {
    expect(cellsOf(await readBytes(bytes))).toEqual([['ada@example.com']])
  })
})

describe('an archive is refused', () => {
  const whole = zip(entries)
  const bomb = Buffer.alloc(20_000_000, ' ')
  const refused: readonly (readonly [string, () => Buffer, string])[] = [
    ['that is cut off', () => whole.subarray(0, whole.length - 30), "the workbook can't be unpacked"],
    ['of which little is left', () => whole.subarray(0, 100), "the workbook can't be unpacked"],
    ['that is empty', () => zip([]), 'a ZIP archive that contains no workbook'],
    [
      'whose sheet says that it is larger than 300 MB',
      () => changed(sheetPart, (entry) => ({ ...entry, says: { size: 300_000_001 } })),
      'is larger than 300 MB when unpacked',
    ],
    [
      'that says less than it comes to',
      () =>
        changed(sheetPart, (entry) => ({
          ...entry,
          content: Buffer.concat([Buffer.from(entry.content), bomb]),
          says: { size: 1000 },
        })),
      'xl/worksheets/sheet1.xml',
    ],
    [
      'whose part has changed',
      () => changed(sheetPart, (entry) => ({ ...entry, says: { crc: 1 } })),
      'does not agree with its checksum',
    ],
    [
      'with two parts of one name',
      () => zip([...entries, { name: 'xl/Worksheets/sheet1.xml', content: '<a/>' }]),
      'two parts named',
    ],
    [
      'with a password',
      () => changed(sheetPart, (entry) => ({ ...entry, says: { flags: 0x801 } })),
      'the archive is encrypted',
    ],
    [
      'compressed by another method',
      () => changed(sheetPart, (entry) => ({ ...entry, says: { method: 12 } })),
      'compressed by method 12',
    ],
    [
      'with a path out of it',
      () => zip([...entries, { name: '../../etc/passwd', content: 'x' }]),
      'invalid relative path',
    ],
    [
      'with an absolute path',
      () => zip([...entries, { name: '/etc/passwd', content: 'x' }]),
      'absolute path',
    ],
    [
      'of very many parts',
      () =>
        zip([
          ...entries,
          ...Array.from({ length: 10_001 }, (_, index) => ({ name: `x${index}`, content: '', stored: true })),
        ]),
      'more than 10000 parts',
    ],
  ]
  test.each(refused)('%s', async (_, make, expected) => {
    const message = await refusal(make())
    expect(message).toContain('leavers.xlsx')
    expect(message).toContain(expected)
  })

  test.each([1, 5, 40, 300])('cut at each %s-th byte, or read right', async (step) => {
    for (let end = whole.length - step; end > 4; end -= 300 * step)
      expect(await refusal(whole.subarray(0, end))).toContain("can't be unpacked")
  })

  test('or read right, whichever byte is another', async () => {
    for (let place = 4; place < whole.length; place += 37) {
      const bytes = Buffer.from(whole)
      bytes[place] = (bytes[place] ?? 0) ^ 0x10
      const outcome = await readBytes(bytes).then(cellsOf, (error: { name: string }) => error.name)
      expect([['Refusal'], [['ada@example.com']]]).toContainEqual(
        Array.isArray(outcome) ? outcome : [outcome],
      )
    }
  })
})

describe('XML is refused', () => {
  const doctype =
    '<!DOCTYPE worksheet [<!ENTITY a "ada@example.com"><!ENTITY b SYSTEM "file:///etc/passwd">]>'
  const refused: readonly (readonly [string, string, (xml: string) => string, string])[] = [
    ['with a document type', sheetPart, (xml) => doctype + xml, 'a document type (DOCTYPE) was found'],
    [
      'with a document type in another part',
      'xl/workbook.xml',
      (xml) => doctype + xml,
      'a document type (DOCTYPE)',
    ],
    [
      'with an entity that it does not have',
      sheetPart,
      (xml) => xml.replace('ada@', '&a;'),
      'this is not XML',
    ],
    ['that is not closed', sheetPart, (xml) => xml.slice(0, -5), 'this is not XML'],
    ['that is followed by more', sheetPart, (xml) => `${xml}<more/>`, 'this is not XML'],
    [
      'with an attribute twice',
      sheetPart,
      (xml) => xml.replace('<row ', '<row r="9" '),
      'this is not XML: duplicate attribute',
    ],
    [
      'that is nested without end',
      sheetPart,
      (xml) => xml.replace('<sheetData>', `${'<a>'.repeat(100)}${'</a>'.repeat(100)}<sheetData>`),
      'more than 64 deep',
    ],
    [
      'with a text without end',
      sheetPart,
      (xml) => xml.replace('ada', 'a'.repeat(3_000_000)),
      'text longer than 2 MiB',
    ],
    [
      'with a row without end',
      sheetPart,
      (xml) => xml.replace('ada', 'a'.repeat(1_200_000)),
      'the row Leavers!2:2 is longer than 1 MiB',
    ],
    [
      'with an attribute without end',
      sheetPart,
      (xml) => xml.replace('<row ', `<row x="${'a'.repeat(3_000_000)}" `),
      'longer than 2 MiB',
    ],
  ]
  test.each(refused)('%s', async (_, part, change, expected) => {
    expect(await refusal(withXml(part, change))).toContain(expected)
  })

  test('of bytes that are not UTF-8', async () => {
    const bytes = changed(sheetPart, (entry) => ({
      ...entry,
      content: Buffer.from(entry.content.toString(), 'latin1').fill(0xe9, 300, 301),
    }))
    expect(await refusal(bytes)).toContain('bytes that are not UTF-8')
  })
})

describe('another document is named', () => {
  const excel = 'application/vnd.ms-excel'
  test.each([
    [`${excel}.sheet.macroEnabled.main+xml`, 'an Excel workbook with macros (.xlsm)'],
    [`${excel}.sheet.binary.macroEnabled.main`, 'a binary Excel workbook (.xlsb)'],
    [`${excel}.template.macroEnabled.main+xml`, 'an Excel template'],
    [`${excel}.addin.macroEnabled.main+xml`, 'an Excel add-in'],
    [
      'application/vnd.openxmlformats-officedocument.spreadsheetml.template.main+xml',
      'an Excel template (.xltx)',
    ],
    ['application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml', 'a Word document'],
    [
      'application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml',
      'a PowerPoint presentation',
    ],
    ['text/plain', 'an Office document that is not known'],
  ])('%s', async (contentType, what) => {
    const message = await refusal(writeWorkbook({ sheets, contentType }))
    expect(message).toContain(`leavers.xlsx: the input is ${what}`)
    expect(message).toContain('save it as "Excel Workbook (.xlsx)"')
  })

  test.each<[string, readonly ZipEntry[], string]>([
    [
      'OpenDocument',
      [{ name: 'mimetype', content: 'application/vnd.oasis.opendocument.spreadsheet', stored: true }],
      'an OpenDocument spreadsheet (.ods)',
    ],
    [
      'OpenDocument text',
      [{ name: 'mimetype', content: 'application/vnd.oasis.opendocument.text' }],
      'an OpenDocument file',
    ],
    ['Numbers', [{ name: 'Index/Document.iwa', content: 'x' }], 'a document of Apple Numbers'],
    ['Java', [{ name: 'META-INF/MANIFEST.MF', content: 'x' }], 'a Java archive'],
    ['any other', [{ name: 'leavers.csv', content: 'user' }], 'a ZIP archive that contains "leavers.csv"'],
  ])('%s', async (_, files, what) => {
    expect(await refusal(zip(files))).toContain(`the input is ${what}`)
  })

  test('what LibreOffice writes', async () => {
    const bytes = await readFile(new URL('workbooks/libreoffice.ods', import.meta.url))
    expect(await refusal(bytes)).toContain('the input is an OpenDocument spreadsheet (.ods)')
  })

  test('a workbook whose type the extension tells', async () => {
    const types = `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>`
    expect(
      cellsOf(await readBytes(writeWorkbook({ sheets, parts: { '[Content_Types].xml': types } }))),
    ).toEqual([['ada@example.com']])
  })
})

test('what tests write is escaped', () => {
  expect(escapeXml('a<&_x0041_\r')).toBe('a&lt;&amp;_x005F_x0041__x000D_')
  expect(Object.keys(workbookParts({}))).toContain(sheetPart)
})
