import { lossOf } from '../../okta/loss.ts'
import { type Check, fine, wrong } from './check.ts'
import type { TlsObservation } from './observe-tls.ts'

/** @param extraCa the file of more CAs that is in use; null if there is none */
function inspectionFix(extraCa: string | null): string {
  return extraCa === null
    ? "export NODE_EXTRA_CA_CERTS=/path/to/company-ca.pem with your company's CA; ask your IT department for it"
    : `add the CA that issued it to ${extraCa} (NODE_EXTRA_CA_CERTS), which has other CAs; ask your IT department for it`
}

/**
 * Judges the certificate of the org's host. A host that leaves out a certificate of its chain is told apart from a
 * company that inspects TLS: the first sends one certificate whose issuer nobody knows, the second sends a chain that
 * ends in a root of its own.
 *
 * @param extraCa the file of more CAs that is in use; null if there is none
 */
export function judgeTls(tls: TlsObservation | null, extraCa: string | null = null): readonly Check[] {
  if (tls === null) return []
  const inspection = inspectionFix(extraCa)
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
        capitalized(inspection),
      ),
    ]
  }
  return [wrong('tls', what, fix)]
}

/** An imperative begins with a capital letter, but a command does not. */
function capitalized(fix: string): string {
  return fix.startsWith('export ') ? fix : `${fix[0]?.toUpperCase()}${fix.slice(1)}`
}
