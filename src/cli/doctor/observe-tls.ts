import { connect, type DetailedPeerCertificate } from 'node:tls'

/** The TLS of a host, as it shows itself. */
export interface TlsObservation {
  /** `TLSv1.3`. */
  readonly protocol: string | null
  /** Why the certificate is not trusted, as Node names it; null: it is trusted. */
  readonly problem: string | null
  readonly issuer: string
  /** How many certificates the host sent. */
  readonly sent: number
  readonly validTo: string
}

/** Looks at the TLS of a host without trusting it: nothing is sent. Null if there is no TLS to look at. */
export async function observeTls(orgUrl: string, timeoutMs: number): Promise<TlsObservation | null> {
  const { protocol, hostname, port } = new URL(orgUrl)
  if (protocol !== 'https:') return null
  return await new Promise((resolve) => {
    const host = hostname.replace(/^\[|\]$/g, '')
    const servername = /^[\d.]+$|:/.test(host) ? {} : { servername: host }
    const socket = connect({
      host,
      port: Number(port || 443),
      ...servername,
      rejectUnauthorized: false,
      timeout: timeoutMs,
    })
    const end = (seen: TlsObservation | null): void => {
      socket.destroy()
      resolve(seen)
    }
    socket.once('timeout', () => end(null))
    socket.once('error', () => end(null))
    socket.once('secureConnect', () => {
      const certificate = socket.getPeerCertificate(true)
      const error: unknown = socket.authorizationError
      const problem =
        error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.message) : error
      end({
        protocol: socket.getProtocol(),
        problem: socket.authorized ? null : String(problem),
        issuer: nameOf(certificate.issuer),
        sent: chainLength(certificate),
        validTo: certificate.valid_to,
      })
    })
  })
}

function nameOf(issuer: { readonly O?: unknown; readonly CN?: unknown } | undefined): string {
  return [issuer?.O, issuer?.CN].filter((part) => typeof part === 'string').join(', ') || 'unknown'
}

function chainLength(certificate: DetailedPeerCertificate): number {
  const seen = new Set<string>()
  let at: DetailedPeerCertificate | undefined = certificate
  while (at !== undefined && at.fingerprint256 !== undefined && !seen.has(at.fingerprint256)) {
    seen.add(at.fingerprint256)
    at = at.issuerCertificate
  }
  return seen.size
}
