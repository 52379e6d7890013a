import * as z from 'zod'
import { validationError } from '../answers/okta-error.ts'
import { emptyObject, errorReply, jsonReply, type Reply } from '../answers/reply.ts'
import {
  type CredentialDecision,
  changePassword,
  changeRecoveryQuestion,
  expirePassword,
  forgotPassword,
  recoverPassword,
  resetPassword,
} from '../rules/credential-rules.ts'
import type { SandboxUser } from '../users/user.ts'
import { type ApiCall, type Endpoint, endpoint, flag, withUser } from './endpoint.ts'
import { oneTimeToken } from './lifecycle.ts'
import { credentialsJson, userJson } from './user-json.ts'

const password = z.object({ value: z.string().optional() }).nullish()

const body = z.object({
  oldPassword: password,
  newPassword: password,
  password,
  recovery_question: z.object({ question: z.string().optional(), answer: z.string().optional() }).nullish(),
})

type Body = z.infer<typeof body>

function decided(
  call: ApiCall,
  decide: (user: SandboxUser, at: string, given: Body) => CredentialDecision,
  show: (user: SandboxUser) => Reply,
): Reply {
  return withUser(call, (user) => {
    const given = body.safeParse(call.body ?? {})
    if (!given.success) {
      const field = given.error.issues[0]?.path.join('.') || 'credentials'
      return errorReply(
        validationError(field, [`${field}: ${given.error.issues[0]?.message ?? 'Invalid value'}`]),
      )
    }
    const decision = decide(user, call.org.clock.instant().iso, given.data)
    const outcome = call.org.changeCredentials(user, decision)
    return 'errorCode' in outcome ? errorReply(outcome) : show(outcome)
  })
}

/** A temporary password is the whole answer, as recorded; Okta's reference shows the user instead. */
function expire(call: ApiCall, temporary: string | null): Reply {
  return decided(
    call,
    (user, at) => expirePassword(user, temporary, at),
    (user) => jsonReply(temporary === null ? userJson(user, call.baseUrl) : { tempPassword: temporary }),
  )
}

function expireAsAsked(call: ApiCall): Reply {
  return expire(call, flag(call.query('tempPassword'), false) ? temporaryPassword() : null)
}

function temporaryPassword(): string {
  return `Aa1${oneTimeToken().slice(0, 9)}`
}

/** Answers with a link unless mail brings it. The two calls have different links, as recorded. */
function linkReply(call: ApiCall, page: 'reset_password' | 'signin/reset-password'): Reply {
  if (flag(call.query('sendEmail'), true)) return emptyObject
  return jsonReply({ resetPasswordUrl: `${call.baseUrl}/${page}/${oneTimeToken()}` })
}

function showCredentials(user: SandboxUser): Reply {
  return jsonReply(credentialsJson(user))
}

function recover(call: ApiCall): Reply {
  return decided(
    call,
    (user, at, given) => recoverPassword(user, given.recovery_question?.answer, given.password?.value, at),
    showCredentials,
  )
}

// Clients send the recovery answer to either path; `forgot_password` without a body asks for the mail or the link.
function forgot(call: ApiCall): Reply {
  const hasBody = typeof call.body === 'object' && call.body !== null && Object.keys(call.body).length > 0
  return hasBody
    ? recover(call)
    : decided(call, forgotPassword, () => linkReply(call, 'signin/reset-password'))
}

function inUsers(path: string, answer: Endpoint['answer']): Endpoint {
  return endpoint('POST', `/api/v1/users/:user/${path}`, '/api/v1/users', answer)
}

/** The endpoints for passwords and recovery questions. */
export const credentialEndpoints: readonly Endpoint[] = [
  inUsers('lifecycle/expire_password', expireAsAsked),
  inUsers('lifecycle/expire_password_with_temp_password', (call) => expire(call, temporaryPassword())),
  inUsers('lifecycle/reset_password', (call) =>
    decided(call, resetPassword, () => linkReply(call, 'reset_password')),
  ),
  inUsers('credentials/forgot_password', forgot),
  inUsers('credentials/forgot_password_recovery_question', recover),
  inUsers('credentials/change_password', (call) =>
    decided(
      call,
      (user, at, given) => changePassword(user, given.oldPassword?.value, given.newPassword?.value, at),
      showCredentials,
    ),
  ),
  inUsers('credentials/change_recovery_question', (call) =>
    decided(
      call,
      (user, at, given) =>
        changeRecoveryQuestion(user, given.password?.value, given.recovery_question ?? {}, at),
      showCredentials,
    ),
  ),
]
