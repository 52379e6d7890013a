/** The longest number, in characters: those of spreadsheets have at most 309 digits. */
const longestNumber = 400

/** Digits with an exponent, as programs write large and small numbers. */
const scientific = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/

/** A number in digits, even if JavaScript would write it with an exponent. */
function inDigits(number: number): string {
  const text = String(number)
  const found = scientific.exec(text)
  if (found === null) return text
  const [, sign = '', first = '', rest = '', exponent = '0'] = found
  const digits = first + rest
  const point = 1 + Number(exponent)
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`
  return `${sign}${digits.padEnd(point, '0')}`
}

/**
 * The number of a cell as text: a whole number in digits, never as 1.02E+05; any other number with a point and at most
 * 15 significant digits, the precision of spreadsheets (0.1 may be stored as 0.10000000000000001). Null if it is not a
 * number.
 */
export function numberText(stored: string): string | null {
  const text = stored.trim()
  if (text.length > longestNumber) return null
  // Kept as a text, because JavaScript would lose the last digits of a long number.
  const whole = /^(-?)0*(\d+)$/.exec(text)
  if (whole !== null) return whole[2] === '0' ? '0' : `${whole[1]}${whole[2]}`
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return null
  const number = Number(text)
  if (!Number.isFinite(number)) return null
  return inDigits(Number(number.toPrecision(15)) + 0)
}
