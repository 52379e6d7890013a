/** Words in a column's name that say whose address it holds: somebody's who is not the one that the row is about. */
const others =
  /manager|supervis|superior|\bboss\b|vorgesetzt|\breports?[ _-]?to\b|reporting|request(?!ed[ _-]?for)|submitt(?!ed[ _-]?for)|\bapprov|created[ _-]?by|updated[ _-]?by|modified[ _-]?by|changed[ _-]?by|\bsponsor|assistant|delegate|recruit|hrbp|responsable|gerente|leiter|f(ü|ue)hrungskraft|superviseur|\bactor\b|performed[ _-]?by|initiat|antragstell|beantragt|\breporter|opened[ _-]?by|\bcaller|\bmgr\b|mentor|buddy|emergency|team[ _-]?lead|\bn\+1|nachfolg|successor|replacement|上司|承認|申請者|主管|经理|經理/

/** Words that say that a column holds another address of the same person. */
const ownOther =
  /personal|private|privat|home|secondary|second|alternat|alternativ|recovery|backup|other|previous|former|old|alias|proxy/

/** Of those, words that fit another person's address just as well: `Other Email`. */
const otherOfAny = /secondary|second|alternat|alternativ|backup|other/

function plain(column: string): string {
  // `ManagerEmail` is two words.
  return column
    .replaceAll(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .normalize('NFKC')
    .toLowerCase()
}

/** Whether a column is, by its name, about somebody else than the row: a manager, whoever asked, whoever approved. */
export function isOtherPersons(column: string): boolean {
  return others.test(plain(column))
}

/** Whether a column is, by its name, another address of the same person. */
export function isOwnOtherAddress(column: string): boolean {
  return ownOther.test(plain(column))
}

/** Whether a column is that by a name which fits another person's address as well, as `Other Email` does. */
export function isOtherOfAny(column: string): boolean {
  const words = plain(column)
  return otherOfAny.test(words) && !ownOther.test(words.replaceAll(new RegExp(otherOfAny, 'g'), ''))
}
