/** The comparisons that Okta's `search` and `filter` know. Sources: Okta's Users API reference, SCIM (RFC 7644). */
export const operators = ['eq', 'ne', 'sw', 'co', 'gt', 'ge', 'lt', 'le', 'pr'] as const

export type Operator = (typeof operators)[number]

/** A value in an expression. */
export type Literal = string | number | boolean | null

/** An expression of `search` or `filter`. */
export type Expression =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Expression[] }
  | {
      readonly kind: 'compare'
      /** Such as `status` or `profile.department`. */
      readonly path: string
      readonly operator: Operator
      /** Null for `pr`, which takes no value. */
      readonly value: Literal
    }

type Token =
  | { readonly kind: '(' | ')' }
  | { readonly kind: 'word'; readonly text: string }
  | { readonly kind: 'text'; readonly text: string }

// Far deeper than what a client writes. It keeps a hostile text from using up the stack.
const deepest = 50

/** Cuts a text into tokens; null if it has an unmatched quotation mark or an escape that JSON does not know. */
function tokensOf(text: string): Token[] | null {
  const pattern = /\s*(?:([()])|("(?:[^"\\]|\\.)*")|([^\s()"]+))\s*/y
  const tokens: Token[] = []
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text)
    if (match === null) return null
    const [, bracket, quoted, word] = match
    if (bracket !== undefined) tokens.push({ kind: bracket === '(' ? '(' : ')' })
    else if (quoted !== undefined) {
      const value = unquote(quoted)
      if (value === null) return null
      tokens.push({ kind: 'text', text: value })
    } else if (word !== undefined) tokens.push({ kind: 'word', text: word })
  }
  return tokens
}

function unquote(quoted: string): string | null {
  try {
    return JSON.parse(quoted)
  } catch {
    return null
  }
}

/**
 * Reads an expression: comparisons joined by `and` and `or`, of which `and` binds closer, with parentheses. Null if the
 * text is not an expression.
 */
export function parseExpression(text: string): Expression | null {
  const tokens = tokensOf(text)
  if (tokens === null) return null
  const parser = new Parser(tokens)
  const expression = parser.either(0)
  return parser.isAtEnd() ? expression : null
}

class Parser {
  readonly #tokens: readonly Token[]
  #next = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  isAtEnd(): boolean {
    return this.#next === this.#tokens.length
  }

  either(depth: number): Expression | null {
    return this.#joined('or', () => this.#joined('and', () => this.#operand(depth)))
  }

  #joined(kind: 'and' | 'or', part: () => Expression | null): Expression | null {
    const parts: Expression[] = []
    do {
      const expression = part()
      if (expression === null) return null
      parts.push(expression)
    } while (this.#takeWord(kind))
    const [only] = parts
    return parts.length === 1 && only !== undefined ? only : { kind, parts }
  }

  #operand(depth: number): Expression | null {
    const token = this.#take()
    if (token?.kind === '(') {
      if (depth === deepest) return null
      const inner = this.either(depth + 1)
      return this.#take()?.kind === ')' ? inner : null
    }
    if (token?.kind !== 'word') return null
    const written = this.#take()
    const name = written?.kind === 'word' ? written.text.toLowerCase() : ''
    const operator = operators.find((known) => known === name)
    if (operator === undefined) return null
    if (operator === 'pr') return { kind: 'compare', path: token.text, operator, value: null }
    const value = literalOf(this.#take())
    return value === undefined ? null : { kind: 'compare', path: token.text, operator, value }
  }

  #take(): Token | undefined {
    const token = this.#tokens[this.#next]
    if (token !== undefined) this.#next += 1
    return token
  }

  #takeWord(word: string): boolean {
    const token = this.#tokens[this.#next]
    if (token?.kind !== 'word' || token.text.toLowerCase() !== word) return false
    this.#next += 1
    return true
  }
}

function literalOf(token: Token | undefined): Literal | undefined {
  if (token?.kind === 'text') return token.text
  if (token?.kind !== 'word') return undefined
  if (token.text === 'true' || token.text === 'false') return token.text === 'true'
  if (token.text === 'null') return null
  return /^-?\d+(?:\.\d+)?$/.test(token.text) ? Number(token.text) : undefined
}
