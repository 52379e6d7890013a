import { partsOf } from './words.ts'

/** A sentence with commands in it: each command can be selected as a whole by a click. */
export function Instruction({ text }: { readonly text: string }) {
  return (
    <>
      {partsOf(text).map(({ text, isCommand }, index) =>
        isCommand ? (
          <code key={index} class="command">
            {text}
          </code>
        ) : (
          <bdi key={index}>{text}</bdi>
        ),
      )}
    </>
  )
}
