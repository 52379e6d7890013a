import { type ExitCode, exitCodes, Refusal } from '../../messages/known-error.ts'
import { shownUnlessSecret } from '../../messages/shown.ts'
import type { Command } from '../command.ts'
import { bashScript } from '../completion/bash.ts'
import { fishScript } from '../completion/fish.ts'
import { type CommandWords, shells, wordsOf } from '../completion/words.ts'
import { zshScript } from '../completion/zsh.ts'

const scripts: Readonly<Record<(typeof shells)[number], (commands: readonly CommandWords[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
}

/**
 * Prints the script that lets a shell complete the command line.
 *
 * @throws Refusal if there is no script for the shell
 */
export async function printCompletion(
  commands: readonly Command[],
  shell: string | undefined,
): Promise<ExitCode> {
  const known = shells.find((name) => name === shell)
  if (known === undefined)
    throw new Refusal(
      `${shell === undefined ? 'A shell was expected' : `The shell ${shownUnlessSecret(shell)} is not known`}: ${shells.join(', ')}.`,
      'okta-lifecycle completion bash',
    )
  process.stdout.write(scripts[known](wordsOf(commands)))
  return exitCodes.done
}
