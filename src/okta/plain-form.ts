import { Level } from './escapes.ts'

/** A stretch of a text: from a place up to, but without, another one. */
export type Span = readonly [from: number, end: number]

/** Finds what must not be shown in a text without escapes. The spans are in order, and none overlaps another. */
export type FindSpans = (plain: string) => Iterable<Span>

/**
 * A text with something else in the place of what is found in it, also of what is found only without its escapes and
 * without characters that are not shown. An escape is replaced whole, so that JSON stays JSON.
 */
export function replaceSpans(text: string, put: string, find: FindSpans): string {
  const levels = levelsOf(text)
  const plain = levels.at(-1)?.plain
  const replaced = plain === undefined ? text : inEscaped(text, plain, levels, put, find)
  // What begins or ends within what could be an escape is found only in the text as it is.
  return inPlain(replaced, put, find)
}

/** A text without its escapes, of however many levels, and without characters that are not shown. */
export function withoutEscapes(text: string): string {
  return levelsOf(text).at(-1)?.plain ?? text
}

function inPlain(text: string, put: string, find: FindSpans): string {
  let replaced = ''
  let done = 0
  for (const [from, end] of find(text)) {
    replaced += text.slice(done, from) + put
    done = end
  }
  return done === 0 ? text : replaced + text.slice(done)
}

function inEscaped(
  text: string,
  plain: string,
  levels: readonly Level[],
  put: string,
  find: FindSpans,
): string {
  let replaced = ''
  let done = 0
  for (const [from, end] of find(plain)) {
    const first = levels.reduceRight((at, level) => level.startOf(at), from)
    replaced += text.slice(done, Math.max(done, first)) + put
    done = levels.reduceRight((at, level) => level.endOf(at), end)
  }
  return done === 0 ? text : replaced + text.slice(done)
}

/** How many kinds of escape may be nested: HTML in JSON in a URL. Of one kind, any number of levels counts as one. */
const mostLevels = 4

function levelsOf(text: string): readonly Level[] {
  const levels: Level[] = []
  let plain = text
  while (levels.length < mostLevels) {
    const level = Level.of(plain)
    if (level === null) break
    levels.push(level)
    plain = level.plain
  }
  return levels
}
