import { shellWord } from '../../messages/shell-word.ts'
import { shownList } from '../../messages/shown.ts'
import { isOtherPersons } from '../columns/other-person.ts'

/** What holds the objects of a JSON input: a list, a stream of objects one after another, or nothing around a single one. */
export type Around = 'list' | 'stream' | 'nothing'

/** A key as jq writes it in a path: `["leavers"]`. */
export function jqKey(key: string): string {
  return `[${JSON.stringify(key)}]`
}

/**
 * What to type to get a list out of the objects that hold it; where there are several lists, only a person can say which.
 *
 * @param lists the paths to the lists in an object, as jq writes them
 */
export function takeOut(lists: readonly string[], around: Around): string {
  const filter = (list: string): string => (around === 'nothing' ? `.${list}` : `[.[]${list}[]?]`)
  const jq = around === 'stream' ? 'jq --slurp' : 'jq'
  const [only = ''] = lists
  return lists.length === 1
    ? `${ifMeant(only, 'Take it out')}: ${jq} ${shellWord(filter(only))} FILE > LIST.json, and give that file.`
    : `Take out the one whose users are meant: ${jq} '${filter(around === 'nothing' ? 'KEY' : '.KEY')}' FILE > LIST.json, with one of ${shownList(lists)} for KEY, and give that file. Nobody in the others is acted on.`
}

/** An instruction, on a condition where a key such as `managers` says that the people under it are hardly meant. */
export function ifMeant(path: string, instruction: string): string {
  if (!isOtherPersons(path)) return instruction
  return `If the user stands elsewhere, name the key with --user-column NAME. Only if those under ${path} are meant, ${instruction.toLowerCase()}`
}
