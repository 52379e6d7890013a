/** Words that mean "nothing here", in lower case, without punctuation and brackets. */
const wordsForNothing: ReadonlySet<string> = new Set(
  [
    'null nil none nan na nd void empty blank missing undefined unknown unspecified unassigned notset nothing',
    'tbc tbd tba todo pending notavailable notapplicable nouser noemail nologin noaccount',
    'true false wahr falsch vrai faux verdadero falso',
    'unbekannt keine keiner kein nichts aucun aucune inconnu ninguno ninguna desconocido nessuno geen onbekend',
  ].flatMap((line) => line.split(' ')),
)

const months =
  'jan feb mar apr may jun jul aug sep sept oct nov dec mrz mär mai okt dez janv fév févr avr juin juil août déc ene abr ago dic gen mag giu lug set ott fev out mrt mei'
    .split(' ')
    .join('|')

/** What spreadsheets and data tools make of a text that looks like a number, a date or a time. */
const madeBySpreadsheet: readonly RegExp[] = [
  /^[+-]?\d+([.,]\d+)?e[+-]\d+$/i,
  /^[+-]?\d+[.,]\d+([.,]\d+)*$/,
  new RegExp(`^\\d{1,4}[-.]+(${months})[a-zéä]*[-.]?(\\d{2}|\\d{4})?$`, 'i'),
  new RegExp(`^(${months})-\\d{1,4}(-\\d{2,4})?$`, 'i'),
  /^\d{4}-\d{1,2}-\d{1,2}(t.*)?$/i,
  /^\d{1,2}[.-]\d{1,2}[.-](\d{2}|\d{4})$/,
]

/** Whether a key is a word for nothing, such as NULL, n.a., TBC, 0 or a dash. */
export function isWordForNothing(key: string): boolean {
  const letters = key.toLowerCase().replaceAll(/[^\p{L}\p{M}\p{N}]/gu, '')
  if (letters === '' || /^(0+|x+)$/.test(letters)) return true
  return wordsForNothing.has(letters) || /^(k\.a|n\.v|s\.o|i\.a)\.?$/i.test(key)
}

/** Whether a spreadsheet has changed the key, so that the original text is lost. */
export function isMadeBySpreadsheet(key: string): boolean {
  return madeBySpreadsheet.some((pattern) => pattern.test(key))
}
