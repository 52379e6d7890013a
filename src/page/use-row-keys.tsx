import type { RefObject, TargetedKeyboardEvent } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { rowOfKey } from './row-keys.ts'

/**
 * Lets arrow keys, Page Up and Down, Home and End lead from row to row. A row far away is not in the document yet: the
 * box is scrolled to where it will be, and the row gets the focus once it is drawn.
 *
 * @param box what scrolls; its rows have `aria-rowindex`, 2 for the first one
 * @param afterScroll draws what can be seen now
 */
export function useRowKeys(
  box: RefObject<HTMLElement | null>,
  count: number,
  rowHeight: number,
  afterScroll: () => void,
): (event: TargetedKeyboardEvent<HTMLElement>) => void {
  const wanted = useRef<number | null>(null)
  useLayoutEffect(() => {
    const button = box.current?.querySelector<HTMLElement>(`tr[aria-rowindex="${wanted.current}"] button`)
    if (wanted.current === null || !button) return
    wanted.current = null
    button.focus()
  })
  return (event) => {
    const from = event.target instanceof Element ? event.target.closest('tr')?.ariaRowIndex : null
    const { current } = box
    if (current === null || !from || event.altKey || event.ctrlKey || event.metaKey) return
    const page = Math.max(1, Math.floor(current.clientHeight / rowHeight) - 2)
    const row = rowOfKey(event.key, Number(from) - 2, count, page)
    if (row === null) return
    event.preventDefault()
    // The row can be seen even though the heading covers the first ones.
    const [top, seen] = [row * rowHeight, current.clientHeight - 2 * rowHeight]
    if (top < current.scrollTop || top > current.scrollTop + seen) current.scrollTop = top - seen / 2
    wanted.current = row + 2
    afterScroll()
  }
}
