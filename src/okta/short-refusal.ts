/** A longer refusal is not Okta's: its own have less than a thousand characters. */
const longestRefusal = 16_384

/** Of a longer text in an error object, the rest is not looked at, in characters. */
const longestText = 4_000

const mostCauses = 10

/**
 * What a message can show of the body of a refusal: all of it if it is short; otherwise the texts of its error object, or
 * the beginning of what is none. So what follows takes no longer for a hostile answer than for any other.
 */
export function shortRefusal(text: string): string {
  if (text.length <= longestRefusal) return text
  const value = objectOf(text)
  if (value === null) return text.slice(0, longestRefusal)
  if (Array.isArray(value)) return '[]'
  const { errorCode, errorSummary, error, error_description, errorCauses } = value as Partial<
    Readonly<Record<string, unknown>>
  >
  const causes: readonly unknown[] | undefined = Array.isArray(errorCauses)
    ? errorCauses.slice(0, mostCauses)
    : undefined
  return JSON.stringify({
    errorCode: cut(errorCode),
    errorSummary: cut(errorSummary),
    errorCauses: causes?.map((cause) => ({
      errorSummary: cut((cause as { errorSummary?: unknown } | null)?.errorSummary),
    })),
    error: cut(error),
    error_description: cut(error_description),
  })
}

function objectOf(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' ? value : null
  } catch {
    return null
  }
}

function cut(value: unknown): string | undefined {
  return typeof value === 'string' ? value.slice(0, longestText) : undefined
}
