import { withoutEscapes } from './plain-form.ts'
import { hasFormOfOktas } from './token-in-text.ts'

/** No answer that brings an activation token is longer, in characters. */
const longestLook = 65_536

/** The activation tokens that an answer to activate or reactivate brings, also in a link alone or in broken JSON. */
export function activationTokensIn(text: string): readonly string[] {
  const looked = text.slice(0, longestLook)
  if (!/activation|\\u/i.test(looked)) return []
  const tokens = new Set<string>()
  for (const [, token = ''] of looked.matchAll(/"activationToken"\s{0,9}:\s{0,9}"((?:[^"\\]|\\.){1,400})/g))
    tokens.add(withoutEscapes(token))
  if (text.length <= longestLook) for (const token of tokensOf(text)) tokens.add(token)
  return [...tokens]
}

/** The tokens in the fields of a JSON object, however their names are written. */
function tokensOf(text: string): readonly string[] {
  try {
    const { activationToken, activationUrl } = Object(JSON.parse(text)) as Partial<
      Readonly<Record<string, unknown>>
    >
    const ofUrl =
      typeof activationUrl === 'string' ? activationUrl.split(/[^\w-]+/).filter(hasFormOfOktas) : []
    return typeof activationToken === 'string' ? [activationToken, ...ofUrl] : ofUrl
  } catch {
    return []
  }
}
