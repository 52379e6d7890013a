import { shellWord } from '../../messages/shell-word.ts'
import { isOtherPersons } from '../columns/other-person.ts'

/**
 * What encloses the objects of a JSON input: a list, a stream of objects one after another, or nothing if there is only
 * one.
 */
export type Around = 'list' | 'stream' | 'nothing'

/** A key as jq writes it in a path: `["leavers"]`. */
export function jqKey(key: string): string {
  return `[${JSON.stringify(key)}]`
}

/** What to do if a command cannot tell whom to act on, or would lose what is said about them. */
export const giveThoseMeant =
  'If the user is under a key of the record, name it with --user-column NAME. Otherwise use an input with only the users to act on, as a list of objects such as [{"user":"ada@example.com"}], and add to each object what is said about that user elsewhere.'

/**
 * What to type to get a list out of the objects that hold it.
 *
 * @param lists the paths to the lists in an object, as jq writes them
 * @param isAlone whether there is one list, and nothing outside it says anything about the people in it
 */
export function takeOut(lists: readonly string[], around: Around, isAlone: boolean): string {
  const [only = ''] = lists
  if (lists.length !== 1 || !isAlone) return giveThoseMeant
  const jq = around === 'stream' ? 'jq --slurp' : 'jq'
  const filter = around === 'nothing' ? `.${only}` : `[.[]${only}[]?]`
  return `${ifMeant(only, 'Take it out')}: ${jq} ${shellWord(filter)} FILE > LIST.json, and use that file as the input.`
}

/**
 * Returns the instruction. If the path has a key such as `managers`, whose people are probably not the ones to act on,
 * a condition is put before it.
 */
export function ifMeant(path: string, instruction: string): string {
  if (!isOtherPersons(path)) return instruction
  return `If the user is elsewhere, name that key with --user-column NAME. Only if the users under ${path} are the ones to act on, ${instruction.toLowerCase()}`
}
