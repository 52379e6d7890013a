interface Row {
  readonly cells: string[]
  /** Whether the next row continues this one. */
  wraps: boolean
}

/**
 * A small terminal: text, carriage return, line feed (with the carriage return that a tty adds), cursor up, erasing from
 * the cursor on, and wrapping that can be turned off. Rows that scroll out at the top are kept. It shares nothing with
 * the code that draws.
 */
export class TerminalModel {
  /** Whether a line wraps at the right edge. */
  isWrapping = true
  #rows: Row[] = [{ cells: [], wraps: false }]
  #row = 0
  #column = 0
  #columns: number
  readonly #height: number
  readonly #reflows: boolean

  /** @param reflows whether it wraps anew what it shows when its width changes, as tmux does and xterm does not */
  constructor(columns: number, height: number, reflows: boolean) {
    this.#columns = columns
    this.#height = height
    this.#reflows = reflows
  }

  /** What it shows and has shown, without empty rows at the end. Rows that one line was wrapped into are one. */
  get lines(): readonly string[] {
    const lines: string[] = []
    let open = ''
    for (const { cells, wraps } of this.#rows) {
      open += cells.join('')
      if (wraps) continue
      lines.push(open.trimEnd())
      open = ''
    }
    return lines.slice(0, lines.findLastIndex((line) => line !== '') + 1)
  }

  /** Whether the cursor is in the first column, with nothing in its row and below. */
  get isAtEmptyRow(): boolean {
    return this.#column === 0 && this.#rows.slice(this.#row).every(({ cells }) => cells.length === 0)
  }

  write(text: string): void {
    for (const [token, csi] of text.matchAll(/\p{Cc}\[([?\d]*[A-Za-z])|[\s\S]/gu)) {
      if (csi !== undefined) this.#control(csi)
      else if (token === '\r') this.#column = 0
      else if (token === '\n') this.#feed()
      else this.#put(token)
    }
  }

  resize(columns: number): void {
    this.#columns = columns
    if (this.#reflows) this.#reflow()
    else {
      for (const row of this.#rows) row.cells.splice(columns)
      this.#column = Math.min(this.#column, columns - 1)
    }
  }

  #reflow(): void {
    const rows: Row[] = []
    let cursor = { row: 0, column: 0 }
    let [cells, at]: [string[], number | null] = [[], null]
    for (const [index, row] of this.#rows.entries()) {
      if (index === this.#row) at = cells.length + this.#column
      cells.push(...row.cells)
      if (row.wraps) continue
      const count = Math.max(1, Math.ceil(cells.length / this.#columns))
      if (at !== null) {
        const down = Math.min(count - 1, Math.floor(at / this.#columns))
        cursor = { row: rows.length + down, column: Math.min(at - down * this.#columns, this.#columns - 1) }
      }
      for (let part = 0; part < count; part++) {
        const of = cells.slice(part * this.#columns, (part + 1) * this.#columns)
        rows.push({ cells: of, wraps: part < count - 1 })
      }
      ;[cells, at] = [[], null]
    }
    this.#rows = rows
    this.#row = cursor.row
    this.#column = cursor.column
  }

  #control(csi: string): void {
    if (csi === '?7l') this.isWrapping = false
    else if (csi === '?7h') this.isWrapping = true
    else if (csi === 'J') this.#erase()
    else if (/^\d+A$/.test(csi)) {
      const top = Math.max(0, this.#rows.length - this.#height)
      this.#row = Math.max(top, this.#row - Number.parseInt(csi, 10))
    } else if (!/^\?2026[hl]$/.test(csi)) throw new Error(`not a sequence of this terminal: ${csi}`)
  }

  #erase(): void {
    const row = this.#current
    row.cells.splice(this.#column)
    row.wraps = false
    for (const below of this.#rows.slice(this.#row + 1)) {
      below.cells.splice(0)
      below.wraps = false
    }
  }

  get #current(): Row {
    const row = this.#rows[this.#row]
    if (row === undefined) throw new Error('the cursor is in no row')
    return row
  }

  #feed(): void {
    this.#row++
    this.#column = 0
    if (this.#row === this.#rows.length) this.#rows.push({ cells: [], wraps: false })
  }

  #put(character: string): void {
    if (this.#column === this.#columns) {
      if (this.isWrapping) {
        this.#current.wraps = true
        this.#feed()
      } else this.#column--
    }
    const { cells } = this.#current
    while (cells.length < this.#column) cells.push(' ')
    cells[this.#column++] = character
  }
}
