import { type Command, defineCommand } from '../command.ts'

/** @param commands the commands to complete; a function, because this command is one of them */
export function completionCommand(commands: () => readonly Command[]): Command {
  return defineCommand({
    usage: 'completion [shell]',
    describe: 'Print a script that lets a shell complete commands, flags and run ids',
    positional: { name: 'shell', describe: 'bash, zsh or fish' },
    options: {},
    examples: [
      [
        'source <($0 completion bash)',
        'For this shell; to have it in every bash, put the line into ~/.bashrc',
      ],
      ['$0 completion zsh > ~/.zfunc/_okta-lifecycle', 'For zsh, if ~/.zfunc is in its fpath'],
      ['$0 completion fish > ~/.config/fish/completions/okta-lifecycle.fish', 'For fish'],
    ],
    handler: async (_args, shell) =>
      (await import('../handlers/completion.ts')).printCompletion(commands(), shell),
  })
}
