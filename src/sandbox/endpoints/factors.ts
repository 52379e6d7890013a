import * as z from 'zod'
import { notFound, oktaError, validationError } from '../answers/okta-error.ts'
import { errorReply, jsonReply, noContent, type Reply } from '../answers/reply.ts'
import { factorJson, factorKinds, securityQuestions } from '../users/factors.ts'
import { oktaId } from '../users/okta-id.ts'
import type { Factor, SandboxUser } from '../users/user.ts'
import { type ApiCall, type Endpoint, endpoint, flag, withUser } from './endpoint.ts'

const body = z.object({
  factorType: z.string(),
  provider: z.string().optional(),
  profile: z.record(z.string(), z.unknown()).nullish(),
})

function placeOf(call: ApiCall, user: SandboxUser): string {
  return `${call.baseUrl}/api/v1/users/${user.id}/factors`
}

function withFactor(call: ApiCall, answer: (factor: Factor, user: SandboxUser) => Reply): Reply {
  return withUser(call, (user) => {
    const id = call.part('factor')
    const factor = user.factors.find((one) => one.id === id)
    return factor === undefined ? errorReply(notFound(id, 'UserFactor')) : answer(factor, user)
  })
}

function invalid(cause: string): Reply {
  return errorReply(validationError('factorEnrollRequest', [cause]))
}

// Answers and shared secrets are not kept.
const shownInProfile = ['question', 'questionText', 'phoneNumber', 'phoneExtension', 'email', 'credentialId']

function profileOf(given: Readonly<Record<string, unknown>>): Factor['profile'] {
  const entries = Object.entries(given).flatMap(([name, value]): [string, string][] =>
    typeof value === 'string' && shownInProfile.includes(name) ? [[name, value]] : [],
  )
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

function enroll(call: ApiCall): Reply {
  return withUser(call, (user) => {
    if (user.transition !== null) return errorReply(oktaError('E0000112'))
    if (user.status === 'DEPROVISIONED') return errorReply(oktaError('E0000038'))
    const given = body.safeParse(call.body)
    if (!given.success) return invalid('factorType: The field cannot be left blank')
    const { factorType, provider = 'OKTA' } = given.data
    const kind = factorKinds.find((one) => one.factorType === factorType && one.provider === provider)
    if (kind === undefined) return invalid(`The factor ${factorType} of ${provider} is not supported.`)
    const same = (one: Factor): boolean => one.factorType === factorType && one.provider === provider
    if (user.factors.some(same)) return invalid('A factor of this type is already set up.')
    const profile = profileOf(given.data.profile ?? {})
    if (kind.needs !== null && profile?.[kind.needs] === undefined) {
      return invalid(`${kind.needs}: The field cannot be left blank`)
    }
    const { iso } = call.org.clock.instant()
    const factor: Factor = {
      id: oktaId(kind.prefix, Math.random),
      factorType,
      provider,
      status: kind.immediate || flag(call.query('activate'), false) ? 'ACTIVE' : 'PENDING_ACTIVATION',
      created: iso,
      profile,
    }
    call.org.change(user, { factors: [...user.factors, factor] })
    return jsonReply(factorJson(factor, placeOf(call, user)))
  })
}

/** The sandbox sends no code, so it accepts any. */
function activate(call: ApiCall): Reply {
  return withFactor(call, (factor, user) => {
    if (factor.status === 'ACTIVE') return errorReply(oktaError('E0000038'))
    const active: Factor = { ...factor, status: 'ACTIVE' }
    call.org.change(user, { factors: user.factors.map((one) => (one === factor ? active : one)) })
    return jsonReply(factorJson(active, placeOf(call, user)))
  })
}

function unenroll(call: ApiCall): Reply {
  return withFactor(call, (factor, user) => {
    call.org.change(user, { factors: user.factors.filter((one) => one !== factor) })
    return noContent
  })
}

function catalog(call: ApiCall): Reply {
  return withUser(call, (user) =>
    jsonReply(
      factorKinds.map(({ factorType, provider }) => ({
        factorType,
        provider,
        vendorName: provider,
        status:
          user.factors.find((one) => one.factorType === factorType && one.provider === provider)?.status ??
          'NOT_SETUP',
        enrollment: 'OPTIONAL',
        _links: { enroll: { href: placeOf(call, user), hints: { allow: ['POST'] } } },
      })),
    ),
  )
}

function inFactors(method: Endpoint['method'], path: string, answer: Endpoint['answer']): Endpoint {
  return endpoint(method, `/api/v1/users/:user/factors${path}`, '/api/v1/users', answer)
}

/** The endpoints for a user's factors, narrower paths first. */
export const factorEndpoints: readonly Endpoint[] = [
  inFactors('GET', '', (call) =>
    withUser(call, (user) =>
      jsonReply(user.factors.map((factor) => factorJson(factor, placeOf(call, user)))),
    ),
  ),
  inFactors('POST', '', enroll),
  inFactors('GET', '/catalog', catalog),
  inFactors('GET', '/questions', (call) => withUser(call, () => jsonReply(securityQuestions))),
  inFactors('GET', '/:factor', (call) =>
    withFactor(call, (factor, user) => jsonReply(factorJson(factor, placeOf(call, user)))),
  ),
  inFactors('DELETE', '/:factor', unenroll),
  inFactors('POST', '/:factor/lifecycle/activate', activate),
]
