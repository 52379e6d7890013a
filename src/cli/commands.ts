import type { Command } from './command.ts'
import { completionCommand } from './commands/completion.ts'
import { doctorCommand } from './commands/doctor.ts'
import { evidenceCommand } from './commands/evidence.ts'
import { planCommand } from './commands/plan.ts'
import { reportCommand } from './commands/report.ts'
import { resumeCommand } from './commands/resume.ts'
import { retryCommand } from './commands/retry.ts'
import { runCommand } from './commands/run.ts'
import { runsCommand } from './commands/runs.ts'
import { sandboxCommand } from './commands/sandbox.ts'
import { statusCommand } from './commands/status.ts'
import { submitCommand } from './commands/submit.ts'
import { undoCommand } from './commands/undo.ts'
import { validateCommand } from './commands/validate.ts'
import { verifyJournalCommand } from './commands/verify-journal.ts'
import { workerCommand } from './commands/worker.ts'

/** The commands, in the order of the help. What a command does is loaded only when it is called. */
export const commands: readonly Command[] = [
  runCommand,
  planCommand,
  resumeCommand,
  retryCommand,
  undoCommand,
  submitCommand,
  workerCommand,
  statusCommand,
  runsCommand,
  reportCommand,
  evidenceCommand,
  verifyJournalCommand,
  doctorCommand,
  validateCommand,
  sandboxCommand,
  completionCommand(() => commands),
]
