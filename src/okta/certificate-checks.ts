import { Refusal } from '../messages/known-error.ts'
import { isLoopback } from './org-url.ts'

/**
 * Makes sure that Node checks the certificate of the org. Otherwise anybody between this machine and Okta could read the
 * token and answer in Okta's place. What stays on this machine needs no certificate.
 *
 * @throws Refusal where a variable of the environment turns the checks off
 */
export function requireCertificateChecks(
  orgUrl: string,
  environment: Readonly<Record<string, string | undefined>>,
): void {
  if (environment.NODE_TLS_REJECT_UNAUTHORIZED !== '0' || isLoopback(new URL(orgUrl).hostname)) return
  throw new Refusal(
    'NODE_TLS_REJECT_UNAUTHORIZED=0 turns off all checks of certificates: anybody between this machine and Okta could read the token. Nothing was sent.',
    "unset NODE_TLS_REJECT_UNAUTHORIZED, and name your company's CA with NODE_EXTRA_CA_CERTS, then type the command again",
  )
}
