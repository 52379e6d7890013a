import type { JournalEvent } from '../journal/journal-event.ts'
import { type Redactor, redactedText } from './redactor.ts'

/** An event of a journal without what names people. Numbers, times, codes, statuses and Okta's request ids stay. */
export function redactEvent(event: JournalEvent, redactor: Redactor): JournalEvent {
  switch (event.event) {
    case 'execution': {
      const { by, digests, ...rest } = event
      return {
        ...rest,
        ...(by === undefined ? {} : { by: { user: redactor.name(by.user), host: redactor.name(by.host) } }),
        ...(digests === undefined
          ? {}
          : {
              digests: {
                input: redactor.digest(digests.input),
                job: redactor.digest(digests.job),
                ...(digests.plan === undefined ? {} : { plan: redactor.digest(digests.plan) }),
              },
            }),
      }
    }
    case 'owner': {
      const { owner } = event
      if (owner === 'none') return event
      return { ...event, owner: { id: redactor.name(owner.id), login: redactor.name(owner.login) } }
    }
    case 'intent':
      return {
        ...event,
        user_id: redactor.name(event.user_id),
        login: redactor.nameOrNull(event.login),
      }
    case 'answer':
      return { ...event, message: redactor.message(event.message) }
    case 'not_applied':
    case 'in_doubt':
      return { ...event, why: redactedText }
    case 'verdict':
      return { ...event, evidence: redactedText }
    case 'result':
      return {
        ...event,
        user: redactor.name(event.user),
        action: redactor.action(event.action),
        message: redactor.message(event.message),
        okta_user_id: redactor.nameOrNull(event.okta_user_id),
        okta_login: redactor.nameOrNull(event.okta_login),
      }
    case 'meant':
      return { ...event, user_id: redactor.name(event.user_id), login: redactor.nameOrNull(event.login) }
    case 'stopped': {
      const { advice: _, reason, ...rest } = event
      return { ...rest, reason: reason === null ? null : redactedText }
    }
    case 'journal':
    case 'cut':
    case 'permits':
    case 'limit':
    case 'tally':
      return event
  }
}
