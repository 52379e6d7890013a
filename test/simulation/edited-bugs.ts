/** A bug that is written into one file of a copy of the program, and the invariant that it breaks. */
export interface EditedBug {
  readonly name: string
  readonly breaks: string
  /** Below `src/`, without its extension. */
  readonly file: string
  /** A text that stands once in the file, and what stands there with the bug. JavaScript and TypeScript alike. */
  readonly from: string
  readonly to: string
}

/** The parts of a text around each place for a bug. Compilers break lines in their own ways. */
export function aroundPlaces(text: string, { from }: EditedBug): readonly string[] {
  const pattern = from.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&').replaceAll(/\s+/g, '\\s+')
  return text.split(new RegExp(pattern))
}

export const editedBugs: readonly EditedBug[] = [
  {
    name: 'who is held fails when the run stops',
    breaks: 'I21',
    file: 'lookup/refusal-gate',
    from: 'await decided',
    to: 'return await decided',
  },
  {
    name: 'the end of a step is taken for the end of the input',
    breaks: 'I21',
    file: 'engine/rows',
    from: 'if (isDone && reach.isLastPass)',
    to: 'if (isDone)',
  },
  {
    name: 'whom a key meant in an earlier row is forgotten',
    breaks: 'I20',
    file: 'engine/row',
    from: 'const before = await meant.other(row.user, user)',
    to: 'const before = await meant.other(user.id, user)',
  },
  {
    name: "a retry forgets whom another row's key meant",
    breaks: 'I20',
    file: 'retry/begin-retry',
    from: 'job.read_first ? await meant.byKey(user) : null',
    to: 'null',
  },
  {
    name: 'a row that means somebody else is offered for feeding',
    breaks: 'I20',
    file: 'report/moved-names',
    from: "if (reason !== 'other_user')",
    to: 'if (reason !== undefined)',
  },
  {
    name: 'that a part of the journal was lost is not written down',
    breaks: 'I2',
    file: 'journal/take-sound-part',
    from: "await journal.append({ event: 'cut', okta_time: since, lost_bytes: lostBytes }).durable",
    to: '',
  },
  {
    name: 'a 404 on deactivate is trusted',
    breaks: 'I2',
    file: 'task/task',
    from: "return this.#ended({ result: 'failed', message })",
    to: "return this.#ended({ result: this.#input.action === 'deactivate' ? 'unchanged' : 'failed', message })",
  },
  {
    name: 'an answer is journalled late',
    breaks: 'I2',
    file: 'task/task',
    from: "recordAnswer(this.#logged, answer, 'applied'),",
    to: "new Promise((resolve) => setTimeout(resolve, 20_000)).then(() => recordAnswer(this.#logged, answer, 'applied')),",
  },
  {
    name: 'what is unsettled is reported as not run',
    breaks: 'I2',
    file: 'report/pending-task',
    from: 'message: `sent at',
    to: "...{ result: 'not_run' }, message: `sent at",
  },
  {
    name: 'the remaining in a late answer of an older window is believed',
    breaks: 'I7',
    file: 'budget/budget-events',
    from: 'if (reset < window.reset) return state',
    to: '',
  },
  {
    name: 'reads are not counted in the share of a later execution',
    breaks: 'I7',
    file: 'journal/journal-state',
    from: 'this.sentRecently.add(event.bucket,',
    to: "this.sentRecently.add(event.bucket.endsWith('{id}') ? '' : event.bucket,",
  },
  {
    name: "a proxy's clock is taken for Okta's",
    breaks: 'I2',
    file: 'okta/client',
    from: 'if (isCertainlyOktas(received)) clock.observe',
    to: "if (received.kind !== 'lost') clock.observe",
  },
  {
    name: 'what Okta accepts is called verified',
    breaks: 'I13',
    file: 'rules/verify',
    from: "if (isHeld) return { kind: 'held'",
    to: "if (true) return { kind: 'held'",
  },
  {
    name: 'a call that did not hold is sent again',
    breaks: 'I11',
    file: 'task/task',
    from: 'return this.#ended(withLink(ending, state.ofLink))',
    to: "return ending.result === 'failed' ? this.#reading(null) : this.#ended(withLink(ending, state.ofLink))",
  },
  {
    name: 'an undo does not look who has changed a user since',
    breaks: 'I14',
    file: 'rules/left-as',
    from: 'if (statuses.includes(status) && isOurs) return null',
    to: 'if (statuses.includes(status)) return null',
  },
  {
    name: 'whoever was changed since the plan is acted on',
    breaks: 'I15',
    file: 'rules/planned',
    from: 'if (seen.status === user.status && seen.status_changed === user.statusChanged) return null',
    to: 'return null',
  },
  {
    name: 'what is unusual is forgotten when the run begins',
    breaks: 'I16',
    file: 'run/guarded-input',
    from: 'unusual: accepted === true ? null : (unusual ?? null)',
    to: 'unusual: null',
  },
  {
    name: 'a factor of the same second counts as an old one',
    breaks: 'I11',
    file: 'rules/factors',
    from: 'time < Math.floor(oktaTime / 1000) * 1000',
    to: '!(time > oktaTimeAtMost)',
  },
  {
    name: 'a reset is sent again as long as a factor outlives it',
    breaks: 'I11',
    file: 'rules/doubt',
    from: 'if (attempt.judgedNotApplied < mostResets)',
    to: 'if (attempt.judgedNotApplied >= 0)',
  },
  {
    name: 'a retry does not wait for a later row in doubt',
    breaks: 'I5',
    file: 'rules/superseded',
    from: "return ruleOf(later.action).doubt === 'status' || undoes",
    to: 'return false && undoes',
  },
  {
    name: 'a task that was begun before a loss of the journal is not looked up',
    breaks: 'I11',
    file: 'journal/journal-state',
    from: 'for (const task of this.#progress.keys()) this.#begunBeforeCut.add(task)',
    to: '',
  },
  {
    name: 'a change within the same second is overlooked',
    breaks: 'I11',
    file: 'rules/doubt',
    from: 'if (isOfItsSecond(attempt, attempt.statusChanged))',
    to: 'if (false)',
  },
  {
    name: 'a mail is sent again at once',
    breaks: 'I11',
    file: 'task/settle-doubt',
    from: 'if (repeats && (await paused(services, task, open)))',
    to: 'if (false)',
  },
  {
    name: "a user's short name is not known for the user's",
    breaks: 'I5',
    file: 'okta/user',
    from: 'if (at > 0) keys.push(login.slice(0, at))',
    to: '',
  },
  {
    name: 'a host of the same name is taken for this one',
    breaks: 'I3',
    file: 'files/hold/holder',
    from: 'holder.boot_id !== null &&',
    to: 'holder.host === me.host ||',
  },
  {
    name: 'an owner whom Okta does not show is taken for none',
    breaks: 'I8',
    file: 'lookup/read-owner',
    from: 'if (credentials.ofServiceApp) return null',
    to: 'return null',
  },
  {
    name: 'a role held through a group is overlooked',
    breaks: 'I8',
    file: 'lookup/role-checks',
    from: 'if (role === undefined) return none',
    to: "if (role === undefined || role.assignmentType === 'GROUP') return none",
  },
  {
    name: 'members of groups are known by another id',
    breaks: 'I8',
    file: 'rules/guards',
    from: 'protect.members?.get(id)',
    to: 'protect.members?.get(id.toLowerCase())',
  },
  {
    name: 'a row is sent before it is due',
    breaks: 'I8',
    file: 'input/judge-row',
    from: 'else dueAt = check.due',
    to: 'else dueAt = 0',
  },
  {
    name: 'what is unsettled is counted as not run',
    breaks: 'I4',
    file: 'report/totals',
    from: 'results[task.result]++',
    to: "results[task.result === 'unsettled' ? 'not_run' : task.result]++",
  },
  {
    name: 'the end of a run is not recorded as one',
    breaks: 'I10',
    file: 'run/record-end',
    from: "return moved(run, 'finish')",
    to: "return moved(run, 'interrupt')",
  },
  {
    name: 'the end of a row does not wake the next one of its user',
    breaks: 'I12',
    file: 'rules/user-order',
    from: 'for (const goOn of row.waiting) goOn()',
    to: '',
  },
  {
    name: 'refusals of a full disk are not known',
    breaks: 'I12',
    file: 'files/cannot-write',
    from: 'return refused === null ? null :',
    to: 'return refused !== null ? null :',
  },
  {
    name: "the hold of a job's name is not looked at again",
    breaks: 'I9',
    file: 'files/hold/joint-hold',
    from: 'this.#others = others',
    to: 'this.#others = []',
  },
  {
    name: 'a step begins while the one before it is at work',
    breaks: 'I18',
    file: 'engine/rows',
    from: "by === 'step' && !services.settleOnly ?",
    to: 'false ?',
  },
  {
    name: 'calls leave while a failure is looked at that may be one too many',
    breaks: 'I17',
    file: 'rules/failure-limits',
    from: 'if (more === 0) return false',
    to: 'return false',
  },
  {
    name: 'a night is left out although someone must look at the one before',
    breaks: 'I19',
    file: 'cli/changed-since',
    from: 'if (summary.exit_code !== exitCodes.done)',
    to: 'if (false)',
  },
  {
    name: 'a night is left out although a row has become due',
    breaks: 'I19',
    file: 'cli/changed-since',
    from: 'if (before !== now.notDueRows)',
    to: 'if (false)',
  },
  {
    name: 'a run that has lost its journal is taken for a new one',
    breaks: 'I11',
    file: 'run/lost-journal',
    from: 'if (!mustHaveJournal(run)) return null',
    to: 'return null',
  },
]
