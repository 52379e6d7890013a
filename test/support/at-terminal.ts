import { PassThrough } from 'node:stream'
import { vi } from 'vitest'

/**
 * Lets the commands of some work in this process find a terminal on standard input and standard error, where somebody
 * types these lines. Standard input belongs to the whole process: never in a concurrent test.
 */
export async function atTerminal<T>(lines: readonly string[], work: () => Promise<T>): Promise<T> {
  const keyboard = Object.assign(new PassThrough(), { isTTY: true })
  for (const line of lines) keyboard.write(`${line}\n`)
  const stdin = vi.spyOn(process, 'stdin', 'get').mockReturnValue(keyboard as unknown as typeof process.stdin)
  const before = process.stderr.isTTY
  process.stderr.isTTY = true
  try {
    return await work()
  } finally {
    process.stderr.isTTY = before
    stdin.mockRestore()
    keyboard.destroy()
  }
}
