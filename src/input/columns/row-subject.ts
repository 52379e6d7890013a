import { foldLogin } from '../../okta/user.ts'
import { textInFormula } from '../csv/text-formula.ts'
import { isWordForNothing } from '../key/not-a-name.ts'
import { trimInvisible } from '../key/trim.ts'
import type { Cell } from '../row.ts'
import { isWhyColumn } from './column-names.ts'
import { isOtherPersons } from './other-person.ts'

/** A column that shows that the rows may be about people other than the users that were taken. */
export interface OtherSubject {
  readonly column: string
  /** A cell of it. */
  readonly example: string
  /**
   * What it shows. `others`: it names the people whom the rows are about, and they are not these users. `same`: it
   * names these users as managers or requesters.
   */
  readonly shows: 'others' | 'same'
}

/** Names of columns that hold the people whom the rows are about, by name or login. */
const whoIsMeant = /\b(leavers?|leaving|departing|offboard\w*|affected|their)\b/
/** Names of columns that name a person in words. */
const whoItIs = /\b(leavers?|leaving|departing|employee|affected|person|who|name|mitarbeiter\w*)\b/
/** Names of columns that say something else about that person. */
const somethingElse =
  /\b(date|day|datum|reason|grund|type|status|state|code|notes?|comments?|remarks?|time|notice|letter|ticket|number|id|no|count|department|team|group|manager|location|office|country|company|file|start|end|begin|since|until|from|month|year|week|kind|action|role|title|position|job|level|grade|cost|phone|mobile|address|first|last|middle|given|family|sur\w*|nick\w*)\b/

const answers = /^(y|n|x|yes|no|ja|nein|oui|non|si|sí|true|false|done|pending|open|closed|✓|✔)$/i

interface Found {
  readonly kind: 'meant' | 'person' | 'other_person'
  /** Rows in which it names the row's user, and rows in which it names somebody else. */
  same: number
  others: number
  firstText: string
  isOneText: boolean
  exampleOfSame: string
  exampleOfOthers: string
}

/**
 * Searches the columns that are not used for names of people. Next to `Leaver: Ada Fenwick`, an `Email` is hers only if
 * it looks like her name. Next to `Manager: Max Roe`, it is not the leaver's if it looks like his name.
 */
export class RowSubject {
  readonly #found: ReadonlyMap<string, Found>
  #rows = 0
  #user: string | null = null
  #isOneUser = true

  constructor(unused: readonly string[]) {
    this.#found = new Map(
      unused.flatMap((column) => {
        const kind = kindOf(column)
        const found = {
          same: 0,
          others: 0,
          firstText: '',
          isOneText: true,
          exampleOfSame: '',
          exampleOfOthers: '',
        }
        return kind === null ? [] : [[column, { kind, ...found }]]
      }),
    )
  }

  /** @param user the key of a valid row */
  add(user: string, cells: ReadonlyMap<string, Cell>): void {
    if (this.#found.size === 0) return
    this.#rows += 1
    this.#isOneUser &&= this.#user === null || this.#user === user
    this.#user = user
    for (const [column, found] of this.#found) {
      const text = nameIn(cells.get(column))
      if (text === '') continue
      found.firstText ||= text
      found.isOneText &&= found.firstText === text
      if (isNamed(user, text)) {
        found.same += 1
        found.exampleOfSame ||= text
      } else {
        found.others += 1
        found.exampleOfOthers ||= text
      }
    }
  }

  /** The first column that shows this in most of the rows in which the column names anybody; null if there is none. */
  found(): OtherSubject | null {
    for (const [column, found] of this.#found) {
      const { kind, same, others, isOneText, exampleOfSame, exampleOfOthers } = found
      if (kind === 'other_person') {
        if (same > others) return { column, example: exampleOfSame, shows: 'same' }
      } else if (kind === 'meant' && others > same)
        return { column, example: exampleOfOthers, shows: 'others' }
      else if (this.#isOneUser && this.#rows > 1 && !isOneText && others > 0)
        return { column, example: exampleOfOthers, shows: 'others' }
    }
    return null
  }
}

function kindOf(column: string): Found['kind'] | null {
  if (isWhyColumn(column)) return null
  if (isOtherPersons(column)) return 'other_person'
  const words = column
    .replaceAll(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
  if (somethingElse.test(words)) return null
  if (whoIsMeant.test(words)) return 'meant'
  return whoItIs.test(words) ? 'person' : null
}

/** A text that may name a person; empty if the cell holds none. */
function nameIn(cell: Cell | undefined): string {
  if (typeof cell !== 'string') return ''
  const text = trimInvisible(textInFormula(cell))
  const mayName =
    text.length <= 80 && /\p{L}{2}/u.test(text) && !answers.test(text) && !isWordForNothing(text)
  return mayName ? text : ''
}

/** Whether a text names a user: a part of one of the names is also in the other. */
function isNamed(user: string, text: string): boolean {
  const login = plain(foldLogin(user).replace(/@.*$/s, ''))
  const name = plain(foldLogin(text).replace(/@.*$/s, ''))
  return (
    partsOf(login).some((part) => joined(name).includes(part)) ||
    partsOf(name).some((part) => joined(login).includes(part))
  )
}

function plain(text: string): string {
  return text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase()
}

function partsOf(text: string): string[] {
  return text.split(/[^\p{L}]+/u).filter((part) => part.length >= 3)
}

function joined(text: string): string {
  return text.replaceAll(/[^\p{L}]+/gu, '')
}
