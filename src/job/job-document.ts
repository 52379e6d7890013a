import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  type Pair,
  parseAllDocuments,
  visit,
} from 'yaml'
import { shown } from '../messages/shown.ts'

/** A place in a text, both from 1; columns count UTF-16 code units. */
interface Position {
  readonly line: number
  readonly column: number
}

/** Something wrong at a place of a job file. */
export interface PlacedProblem extends Position {
  readonly message: string
}

/** The content of a job file, its problems as a document, and the place of each key. */
export interface JobDocument {
  readonly problems: readonly PlacedProblem[]
  /** False if the problems leave no content worth checking. */
  readonly readable: boolean
  readonly value: unknown
  /** The place of the value at a path, or the nearest place in the file. */
  positionOfValue(path: readonly PropertyKey[]): Position
  /** The place of a key in the mapping at a path. */
  positionOfKey(path: readonly PropertyKey[], key: string): Position
}

/**
 * A job nests three deep. The parser is recursive, so a file that is made to nest without end would crash the process.
 */
const deepestNesting = 50

/** In spaces. Each nested level is indented by at least one more, so this bounds nesting by indentation too. */
const deepestIndentation = 200

/** How many aliases a file may have, and how often they may multiply what they stand for. */
const mostAliases = 100

/**
 * Reads a text as YAML 1.2, which includes JSON, so that positions are known for both.
 * Never throws: what is wrong is in `problems`.
 */
export function parseJobDocument(text: string): JobDocument {
  const lines = new LineCounter()
  const place = (offset: number): Position => {
    // The counter knows no line before the parser has read one.
    const { line, col } = lines.lineStarts.length === 0 ? { line: 1, col: 1 } : lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const tooDeep = findTooDeep(text)
  if (tooDeep !== null) {
    for (const match of text.matchAll(/^|\n/g)) lines.addNewLine(match.index + match[0].length)
    return unreadable(
      place,
      tooDeep,
      'a job, which nests three deep, was expected, but far deeper nesting was found',
    )
  }

  // Two of the parser's own checks are left off. `uniqueKeys` compares each key with each, which takes minutes on a
  // file of 1 MiB, and does not say where the first one is. `prettyErrors` adds a place, but also puts a drawing of the
  // file into each message, which a list of `file:line:column` has no room for.
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    logLevel: 'error',
  })
  const [document, second] = documents
  if (document === undefined) return unreadable(place, 0, 'a job was expected, but an empty file was found')
  if (second !== undefined) {
    const offset = second.range[0]
    return unreadable(place, offset, 'one YAML document was expected, but a second one was found')
  }
  const errors = [...document.errors, ...document.warnings]
  if (errors.length > 0) {
    const problems = errors.map((error) => ({ ...place(error.pos[0]), message: error.message }))
    return { ...unreadable(place, 0, ''), problems }
  }
  const contents: Node | null = document.contents
  if (contents === null || (isScalar(contents) && contents.value === null)) {
    return unreadable(place, 0, 'a job was expected, but an empty file was found')
  }

  const misused = findMisusedAlias(document)
  if (misused !== null) return unreadable(place, misused.offset, misused.message)
  const built = buildValue(document)
  if (!built.ok) return unreadable(place, 0, built.message)
  return {
    problems: findDuplicateKeys(document, place),
    readable: true,
    value: built.value,
    positionOfValue: (path) => place(locate(document, path).offset),
    positionOfKey: (path, key) => {
      const parent = locate(document, path)
      return place(startOf(pairOf(parent.node, key)?.key) ?? parent.offset)
    },
  }
}

function unreadable(place: (offset: number) => Position, offset: number, message: string): JobDocument {
  const position = place(offset)
  return {
    problems: [{ ...position, message }],
    readable: false,
    value: null,
    positionOfValue: () => position,
    positionOfKey: () => position,
  }
}

/**
 * The offset at which brackets, the block indicators of a line, or indentation nest too deep; null if none of them do.
 */
function findTooDeep(text: string): number | null {
  let offset = 0
  let brackets = 0
  let indicators = 0
  let startsLine = true
  for (const token of new Lexer().lex(text)) {
    // The lexer announces what follows by control characters that are not in the text.
    if (token === '\u0002' || token === '\u0018' || token === '\u001f') continue
    if (token === '[' || token === '{') brackets++
    else if (token === ']' || token === '}') brackets--
    else if (token === '-' || token === '?' || (token === ':' && brackets === 0)) indicators++
    else if (token.includes('\n')) indicators = 0
    if (brackets + indicators > deepestNesting) return offset
    if (startsLine && token.length > deepestIndentation && /^[ ]+$/.test(token)) return offset
    startsLine = token === '\n' || token === '\r\n'
    offset += token.length
  }
  return null
}

function findDuplicateKeys(document: Document, place: (offset: number) => Position): PlacedProblem[] {
  const problems: PlacedProblem[] = []
  visit(document, {
    Map(_, map) {
      const first = new Map<string, Position>()
      for (const { key } of map.items) {
        const name = nameOf(key)
        const position = place(startOf(key) ?? 0)
        const earlier = first.get(name)
        if (earlier === undefined) first.set(name, position)
        else {
          const message = `${shown(name)} was expected once, but it is already in line ${earlier.line}`
          problems.push({ ...position, message })
        }
      }
    },
  })
  return problems
}

/**
 * The first alias that refers to nothing, refers to its own container, or is one too many; null if all are sound. The
 * parser's `maxAliasCount` bounds what aliases multiply to, but its errors have no place, and it builds an alias of its
 * own container as a value that contains itself.
 */
function findMisusedAlias(document: Document): { offset: number; message: string } | null {
  let misused: { offset: number; message: string } | null = null
  let count = 0
  visit(document, {
    Alias(_, alias, ancestors) {
      count++
      const offset = startOf(alias) ?? 0
      if (count > mostAliases) {
        misused = { offset, message: `at most ${mostAliases} aliases were expected, but more were found` }
        return visit.BREAK
      }
      const target = alias.resolve(document)
      if (target !== undefined && !ancestors.includes(target)) return undefined
      const found = target === undefined ? 'an alias without an anchor' : 'an alias of its own container'
      misused = { offset, message: `a value was expected, but ${found} was found: *${alias.source}` }
      return visit.BREAK
    },
  })
  return misused
}

function buildValue(document: Document): { ok: true; value: unknown } | { ok: false; message: string } {
  try {
    return { ok: true, value: document.toJS({ maxAliasCount: mostAliases }) }
  } catch (error) {
    // Thrown if aliases multiply: the parser counts while it builds.
    return {
      ok: false,
      message: `a plain job was expected: ${error instanceof Error ? error.message : error}`,
    }
  }
}

interface Located {
  readonly node: unknown
  readonly offset: number
}

function locate(document: Document, path: readonly PropertyKey[]): Located {
  let node: unknown = document.contents
  let offset = startOf(node) ?? 0
  for (const part of path) {
    const container = isAlias(node) ? node.resolve(document) : node
    if (isSeq(container)) {
      node = container.items[Number(part)]
      offset = startOf(node) ?? offset
    } else {
      const pair = pairOf(container, String(part))
      node = pair?.value
      // For a key without a value the place is that of the key, because the empty value is where the next key begins.
      const empty = isScalar(node) && node.value === null && node.source === ''
      offset = (empty ? undefined : startOf(node)) ?? startOf(pair?.key) ?? offset
    }
    if (node === undefined) break
  }
  return { node: isAlias(node) ? node.resolve(document) : node, offset }
}

function pairOf(node: unknown, key: string): Pair | undefined {
  return isMap(node) ? node.items.find((pair) => nameOf(pair.key) === key) : undefined
}

function nameOf(key: unknown): string {
  return isScalar(key) ? String(key.value) : String(key)
}

function startOf(node: unknown): number | undefined {
  if (typeof node !== 'object' || node === null || !('range' in node)) return undefined
  const range = node.range
  return Array.isArray(range) && typeof range[0] === 'number' ? range[0] : undefined
}
