import { type Command, defineCommand } from '../command.ts'

/** @param commands what is completed; asked for only when the command is called, because this one is among them */
export function completionCommand(commands: () => readonly Command[]): Command {
  return defineCommand({
    usage: 'completion [shell]',
    describe: 'Print the script by which a shell completes commands, flags and run ids',
    positional: { name: 'shell', describe: 'bash, zsh or fish' },
    options: {},
    examples: [
      ['source <($0 completion bash)', 'For this bash; put the line into ~/.bashrc for every one'],
      ['$0 completion zsh > ~/.zfunc/_okta-lifecycle', 'For zsh, if ~/.zfunc is in its fpath'],
      ['$0 completion fish > ~/.config/fish/completions/okta-lifecycle.fish', 'For fish'],
    ],
    handler: async (_args, shell) =>
      (await import('../handlers/completion.ts')).printCompletion(commands(), shell),
  })
}
