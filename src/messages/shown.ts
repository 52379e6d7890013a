import { looksLikeSecret } from './secret-like.ts'

const longest = 60

/**
 * A text of the input in the form for messages: in double quotes, cut after 60 characters. Characters that a terminal
 * would act on or not show (control, format and unpaired surrogate characters) become `\u....`.
 */
export function shown(text: string): string {
  const characters = [...text.slice(0, 2 * longest)]
  const cut = characters.length > longest || text.length > 2 * longest
  return `"${visible(characters.slice(0, longest).join(''))}${cut ? '…' : ''}"`
}

/** A text with its control, format and unpaired surrogate characters written as `\u....`, neither cut nor quoted. */
export function visible(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0
    return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`
  })
}

/** Names for a message, at most 30 of them, each in the form of {@link shown}, but what looks like a secret by its length. */
export function shownList(names: readonly string[]): string {
  const most = 30
  const list = names.slice(0, most).map(shownUnlessSecret).join(', ')
  return names.length > most ? `${list} and ${names.length - most} more` : list
}

/** A text as {@link shown}, or its length if it looks like a secret: a file with a token may be given for any other. */
export function shownUnlessSecret(text: string): string {
  return looksLikeSecret(text) ? `[${text.length} characters that look like a secret]` : shown(text)
}
