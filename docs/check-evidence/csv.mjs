// Part of check-evidence.mjs: CSV, as the results and most inputs are.

/** Without the apostrophe that keeps a spreadsheet from running a cell as a formula. */
export const unquoted = (cell) => (/^'+[=+\-@\t\r＝＋－＠]/.test(cell) ? cell.slice(1) : cell)

/** Records of a CSV, each a list of cells. A cell such as ="00123" needs no quotes around it. */
export function readCsv(text, delimiter = ',') {
  const d = delimiter.replace(/\W/, '\\$&')
  const cell = new RegExp(`(="[^"\\r\\n]*(?:""[^"\\r\\n]*)*"(?=[${d}\\r\\n]|$)|"[^"]*(?:""[^"]*)*"|[^${d}\\r\\n]*)(${d}|\\r\\n|\\n|\\r|$)`, 'y')
  const [records, record] = [[], []]
  for (let match = cell.exec(text); match !== null; match = cell.exec(text)) {
    record.push(match[1].startsWith('"') ? match[1].slice(1, -1).replaceAll('""', '"') : match[1])
    if (match[2] === delimiter) continue
    if (match[2] !== '' || record.length > 1 || match[1] !== '') records.push(record.splice(0))
    if (match[2] === '') break
  }
  return records
}
