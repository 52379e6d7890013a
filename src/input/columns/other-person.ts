/**
 * Words in a column's name that say that it holds the address of somebody other than the person whom the row is about.
 */
const others =
  /manager|supervisor|superior|\bboss\b|vorgesetzt|\breports? ?to\b|reporting (to|line|manager|officer)|request(e|o)r|request(ed|ing)? by|requested$|requesting|submitter|submitted by|\bapprov(er|al|ing|ed by)|(created|updated|modified|changed|performed|opened|initiated|recruited|supervised|managed) ?by|\bsponsor(?!ed)|assistant|delegate(?!d)|recruiter|hrbp|responsable|gerente|leiter|f(ü|ue)hrungskraft|superviseur|\bactor\b|initiator|antragstell|beantragt|\breporter|\bcaller|\bmgr\b|mentor|buddy|emergency|team ?lead|\bn\+1|nachfolg|successor|replacement|上司|承認|申請者|主管|经理|經理/

/** Words that say that a column holds another address of the same person. */
const ownOther =
  /\bpersonal|\bprivat|\bhome\b|\balternat|\brecovery\b|\balias|\bproxy|\b(second|secondary|backup|other|previous|former|old)\b(?! (employee|user|colleague|leaver|worker|staff|member|person)\b)/

/** The words among them that fit another person's address just as well: `Other Email`. */
const otherOfAny = /\b(secondary|second|alternat\w*|backup|other)\b/

/** Words that say that a column names the person whom its row is about. */
const persons =
  /\b(employee|leaver|leaving|user|member|person|people|worker|staff|colleague|teammate|associate|contractor|student|departing|offboard\w*|deprovision\w*|terminat\w*|affected|target|subject|account|holder|owner|for whom|who|mitarbeiter\w*|benutzer\w*|employ(é|e)e?s?|salari(é|e)e?s?|empleado|dipendente|社員|従業員|员工|員工)/

function plain(column: string): string {
  // `ManagerEmail` and `manager_email` are two words.
  return column
    .replaceAll(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}+]+/gu, ' ')
    .trim()
}

/**
 * Whether a column's name says that it is about somebody other than the row's user: a manager, a requester, an
 * approver.
 */
export function isOtherPersons(column: string): boolean {
  return others.test(plain(column))
}

/** Whether a column's name says that it holds another address of the same person. */
export function isOwnOtherAddress(column: string): boolean {
  return ownOther.test(plain(column))
}

/** Whether it says so only by words that fit another person's address as well, as `Other Email` does. */
export function isOtherOfAny(column: string): boolean {
  const words = plain(column)
  return otherOfAny.test(words) && !ownOther.test(words.replaceAll(new RegExp(otherOfAny, 'g'), ''))
}

/** Whether a column's name says that it names the person whom its row is about: `Employee Email`, `target`. */
export function namesAPerson(column: string): boolean {
  return persons.test(plain(column))
}

const whoLeaves =
  /leav(er|ing)|depart|offboard|affected|\bto (be )?(disable|deactivate|suspend|terminate|remove|block|lock)/

/**
 * Whether a column's name says that it names the leavers, and not when or why they leave: `Leaver`,
 * `Account to disable`.
 */
export function namesWhoLeaves(column: string): boolean {
  const words = plain(column)
  return (
    whoLeaves.test(words) && !/\b(date|day|reason|type|status|time|notes?|comments?|department)\b/.test(words)
  )
}

/** Whether a column's name says that it holds the person who gets mail about the row or is asked about it. */
export function isForwarding(column: string): boolean {
  return /\b(forward\w*|redirect\w*|notif\w*|cc|bcc|copy|contact\w*)\b|\bticket/.test(plain(column))
}
