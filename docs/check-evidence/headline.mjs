// Part of check-evidence.mjs: the sentence above a run.

const outcomes = {
  activate: ['is activated', 'are activated'],
  deactivate: ['is deactivated', 'are deactivated'],
  reactivate: ['is reactivated', 'are reactivated'],
  reset_factors: ['has no factors left', 'have no factors left'],
  suspend: ['is suspended', 'are suspended'],
  unlock: ['is unlocked', 'are unlocked'],
  unsuspend: ['is unsuspended', 'are unsuspended'],
}

/** What the headline must be: it follows from the counts of people and from where the run leads them. */
export function headlineOf({ people, verified, lostLinks = 0, notUndone = 0, job, actions }) {
  const { total, done, need_you: need, left_alone: left } = people
  if (total === 0) return 'The input names nobody, so there was nothing to do.'
  const digits = (number) => number.toLocaleString('en-US')
  const named = actions.filter((action) => action in outcomes)
  const goal = job.steps?.at(-1).action ?? (named.length === 1 ? named[0] : null)
  const [one, many] = outcomes[goal] ?? ['is done', 'are done']
  const unverified = verified?.not_known ?? 0
  return [
    `${digits(done)} of ${digits(total)} ${total === 1 ? 'person' : 'people'} ${done === 1 || total === 1 ? one : many}.`,
    ...(need === 0 ? (notUndone === 0 ? ['Nobody needs you.'] : []) : [`${digits(need)} ${need === 1 ? 'needs' : 'need'} you.`]),
    ...(notUndone === 0 ? [] : ['Not everything was undone.']),
    ...(lostLinks === 0 ? [] : [`${digits(lostLinks)} ${lostLinks === 1 ? 'activation link is' : 'activation links are'} lost.`]),
    ...(left === 0 ? [] : [`${digits(left)} ${left === 1 ? 'was' : 'were'} left alone, as asked.`]),
    ...(unverified === 0 ? [] : [`${digits(unverified)} ${unverified === 1 ? 'call that Okta accepted is' : 'calls that Okta accepted are'} not verified.`]),
  ].join(' ')
}
