import { lossOf } from '../../okta/loss.ts'
import { type Check, fine, wrong } from './check.ts'
import type { TlsObservation } from './observe-tls.ts'

const inspection =
  "export NODE_EXTRA_CA_CERTS=/path/to/company-ca.pem with your company's CA; ask your IT department for it"

/**
 * Judges the certificate of the org's host. A host that leaves out a certificate of its chain is told apart from a
 * company that inspects TLS: the first sends one certificate whose issuer nobody knows, the second sends a chain that
 * ends in a root of its own.
 */
export function judgeTls(tls: TlsObservation | null): readonly Check[] {
  if (tls === null) return []
  const { problem, issuer, protocol, sent } = tls
  if (problem === null) return [fine('tls', `${protocol ?? 'TLS'}, with a trusted certificate of ${issuer}.`)]
  const { cause, fix } = lossOf(problem)
  const what = `The certificate of the org's host is not accepted: ${cause ?? problem} (${problem}). It was issued by ${issuer}.`
  if (/^(?:UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT)/.test(problem) && sent === 1) {
    return [
      wrong(
        'tls',
        `${what} The host sends this one certificate and not the chain to a known CA: its chain is incomplete, or your company inspects TLS.`,
        `Complete the chain on the host if it is yours (a custom domain); otherwise ${inspection}`,
      ),
    ]
  }
  if (/^(?:SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_GET_ISSUER_CERT|DEPTH_ZERO_SELF_SIGNED_CERT)/.test(problem)) {
    return [
      wrong(
        'tls',
        `${what} Its chain ends in a CA that is not public: your company probably inspects TLS.`,
        inspection,
      ),
    ]
  }
  return [wrong('tls', what, fix)]
}
