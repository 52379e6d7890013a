import type { Factor } from './user.ts'

/** A kind of factor that a user may enrol. */
export interface FactorKind {
  readonly factorType: string
  readonly provider: string
  /** What the id begins with. */
  readonly prefix: string
  /** What the profile must name, null if it needs nothing. */
  readonly needs: string | null
  /** Whether it is ACTIVE at once: there is nothing that the user has to confirm. */
  readonly immediate: boolean
}

/** The kinds of factors that the org offers. Source: Okta's Factors API reference. */
export const factorKinds: readonly FactorKind[] = [
  { factorType: 'question', provider: 'OKTA', prefix: 'ufs', needs: 'question', immediate: true },
  { factorType: 'email', provider: 'OKTA', prefix: 'emf', needs: 'email', immediate: false },
  { factorType: 'sms', provider: 'OKTA', prefix: 'mbl', needs: 'phoneNumber', immediate: false },
  { factorType: 'call', provider: 'OKTA', prefix: 'clf', needs: 'phoneNumber', immediate: false },
  { factorType: 'push', provider: 'OKTA', prefix: 'opf', needs: null, immediate: false },
  { factorType: 'token:software:totp', provider: 'OKTA', prefix: 'ost', needs: null, immediate: false },
  { factorType: 'token:software:totp', provider: 'GOOGLE', prefix: 'uft', needs: null, immediate: false },
  { factorType: 'webauthn', provider: 'FIDO', prefix: 'fwf', needs: null, immediate: false },
]

/** The questions that `question` factors are about. */
export const securityQuestions: readonly { readonly question: string; readonly questionText: string }[] = [
  { question: 'first_pet', questionText: 'What was the name of your first pet?' },
  { question: 'childhood_street', questionText: 'In which street did you live as a child?' },
  { question: 'favourite_teacher', questionText: 'Who was your favourite teacher?' },
]

/** An enrolled factor as Okta shows it. `place` is the URL of the user's factors. */
export function factorJson(factor: Factor, place: string): object {
  const self = `${place}/${factor.id}`
  return {
    id: factor.id,
    factorType: factor.factorType,
    provider: factor.provider,
    vendorName: factor.provider,
    status: factor.status,
    created: factor.created,
    lastUpdated: factor.created,
    ...(factor.profile === undefined ? {} : { profile: factor.profile }),
    _links: {
      self: { href: self },
      ...(factor.status === 'PENDING_ACTIVATION'
        ? { activate: { href: `${self}/lifecycle/activate`, method: 'POST' } }
        : {}),
    },
  }
}
