import { withoutEscapes } from './plain-form.ts'
import { hasFormOfOktas, isId, mayBeToken } from './token-in-text.ts'
import { isOfWords } from './words.ts'

/** The activation tokens of an answer to activate or reactivate. */
export interface ActivationTokensIn {
  readonly tokens: readonly string[]
  /** Whether the answer has the form of Okta's, in which the program looks for the token. */
  readonly isOktas: boolean
}

/** An answer brings one token. So many are taken from one at most: those that were brought before must stay known. */
const mostTokens = 1_000

/** More of a token or a link is not looked at, in characters. */
const longestLook = 400

/** What may stand between a name and its value, in JSON, in a form or in HTML. */
const between = /(?:<[^<>]{0,60}>|["'`\s:=>,]){1,12}/

const field = new RegExp(`activation[-_]?token${between.source}([^\\s"'\`<>,;&]{8,${longestLook}})`, 'gi')
const url = new RegExp(`activation[-_]?(?:url|link)${between.source}([^\\s"'\`<>]{8,${longestLook}})`, 'gi')

/** Source: Okta's links, `/tokens/TOKEN/verify` and `/welcome/TOKEN`. */
const link = /\/(?:tokens?|welcome|activate|activation|verify)\/([\w-]{16,400})/gi

/** What every text has that holds one of them, or an escape in which one may be written. */
const sign = /activation|\/(?:tokens?|welcome|activate|verify)\/|[\\%&]/i

/**
 * The activation tokens in the text of an answer, of whatever form it is: a page, a list, an object in another one or
 * the beginning of one, with a token or with the link alone.
 */
export function activationTokensIn(text: string): ActivationTokensIn {
  if (!sign.test(text)) return { tokens: [], isOktas: false }
  const tokens = new Set<string>()
  const given = fieldOf(text)
  if (given !== null) tokens.add(given)
  for (const token of tokensOf(withoutEscapes(text))) {
    if (tokens.size >= mostTokens) break
    tokens.add(token)
  }
  return { tokens: [...tokens], isOktas: given !== null }
}

/** The token in the field of a JSON object, however its name is written; null if there is none. */
function fieldOf(text: string): string | null {
  try {
    const { activationToken } = Object(JSON.parse(text)) as Partial<Readonly<Record<string, unknown>>>
    return typeof activationToken === 'string' && activationToken !== '' ? activationToken : null
  } catch {
    return null
  }
}

function* tokensOf(plain: string): Generator<string> {
  for (const [, token = ''] of plain.matchAll(field)) if (!isOfWords(token) && !isId(token)) yield token
  for (const [, address = ''] of plain.matchAll(url)) yield* address.split(/[^\w-]+/).filter(hasFormOfOktas)
  for (const [, token = ''] of plain.matchAll(link)) if (mayBeToken(token)) yield token
}
