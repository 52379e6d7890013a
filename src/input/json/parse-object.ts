import { jsonParser } from 'stream-json/core/parser.js'
import { visible } from '../../messages/shown.ts'
import { createElementBuilder, type JsonElement } from './json-element.ts'

/** What the lines of a value amount to so far. */
type Progress =
  | { readonly state: 'complete'; readonly element: JsonElement }
  | { readonly state: 'open' }
  | { readonly state: 'broken' }

/** A value that is read line by line. */
export interface ValueReader {
  /** Takes the next line. No line may follow `complete` or `broken`. */
  take(line: string): Progress
  /** The key of the record whose value is being read; null if there is none. */
  key(): string | null
}

/** A reader for one value that may go over several lines. */
export function createValueReader(): ValueReader {
  const parse = jsonParser({ streamValues: false })
  const builder = createElementBuilder()
  return {
    take(line) {
      let element: JsonElement | null = null
      try {
        // The line feed ends a number.
        const tokens = parse(`${line}\n`)
        if (typeof tokens !== 'symbol')
          for (const token of tokens.values) element = builder.take(token) ?? element
      } catch {
        return { state: 'broken' }
      }
      if (element !== null) return { state: 'complete', element }
      return builder.isOpen() ? { state: 'open' } : { state: 'broken' }
    },
    key: () => builder.key(),
  }
}

/** Whether a line alone is one whole object. */
export function isWholeObject(line: string): boolean {
  if (!line.trimStart().startsWith('{')) return false
  const progress = createValueReader().take(line)
  return progress.state === 'complete' && progress.element.cells !== null
}

/** What is wrong with a text, and where, in the words of the JavaScript engine. */
export function problemOfJson(text: string): string {
  try {
    JSON.parse(text)
    return 'one object was expected'
  } catch (error) {
    return visible(error instanceof Error ? error.message : String(error))
  }
}

/** The key whose value is cut off at the end of a text; null if the text does not end inside a value. */
export function keyBefore(beginning: string): string | null {
  const builder = createElementBuilder()
  try {
    const tokens = jsonParser({ streamValues: false })(beginning)
    if (typeof tokens !== 'symbol') for (const token of tokens.values) builder.take(token)
    return builder.key()
  } catch {
    return null
  }
}
