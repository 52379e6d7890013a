/** Up to this many rows, all are in the page, so that the browser's own search finds them too. */
const mostDrawn = 150

/** Up to this many rows, all are printed. */
export const mostPrinted = 1000

/** Rows above and below the visible ones that are drawn too, so that scrolling shows no gaps. */
const margin = 15

/** Which rows are drawn, and the heights of the gaps that stand for the others. */
export interface DrawnRows {
  readonly first: number
  /** The row after the last one that is drawn. */
  readonly end: number
  /** Pixels. */
  readonly above: number
  readonly below: number
}

/** What decides which rows are drawn: lengths in pixels, and whether the page is for paper. */
interface View {
  readonly scrolled: number
  readonly viewHeight: number
  readonly rowHeight: number
  readonly printing: boolean
}

export function drawnRows(count: number, view: View): DrawnRows {
  if (count <= (view.printing ? mostPrinted : mostDrawn)) return { first: 0, end: count, above: 0, below: 0 }
  const { scrolled, viewHeight, rowHeight } = view
  const most = Math.ceil(viewHeight / rowHeight) + 2 * margin
  const first = Math.max(0, Math.min(count - most, Math.floor(scrolled / rowHeight) - margin))
  const end = Math.min(count, first + most)
  return { first, end, above: first * rowHeight, below: (count - end) * rowHeight }
}
