import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Duplex } from 'node:stream'
import { connect, type DetailedPeerCertificate } from 'node:tls'
import type { HttpProxy } from '../../okta/proxy.ts'

/** The TLS of a host, as a connection shows it. */
export interface TlsObservation {
  /** `TLSv1.3`. */
  readonly protocol: string | null
  /** Why the certificate is not trusted, as Node names it; null: it is trusted. */
  readonly problem: string | null
  readonly issuer: string
  /** How many certificates the host sent. */
  readonly sent: number
}

/** Looks at the TLS of a host without trusting it: nothing is sent. Null if there is no TLS to look at. */
export async function observeTls(
  orgUrl: string,
  proxy: HttpProxy | null,
  timeoutMs: number,
): Promise<TlsObservation | null> {
  const { protocol, hostname, port } = new URL(orgUrl)
  if (protocol !== 'https:') return null
  const host = hostname.replace(/^\[|\]$/g, '')
  const target = { host, port: Number(port || 443) }
  const tunnel = proxy === null ? null : await openTunnel(proxy, `${hostname}:${target.port}`, timeoutMs)
  if (proxy !== null && tunnel === null) return null
  return await new Promise((resolve) => {
    const servername = /^[\d.]+$|:/.test(host) ? {} : { servername: host }
    const way = tunnel === null ? target : { socket: tunnel }
    const socket = connect({ ...way, ...servername, rejectUnauthorized: false, timeout: timeoutMs })
    // A host that sends byte after byte is never silent.
    const timer = setTimeout(() => end(null), timeoutMs)
    const end = (seen: TlsObservation | null): void => {
      clearTimeout(timer)
      socket.destroy()
      tunnel?.destroy()
      resolve(seen)
    }
    socket.once('timeout', () => end(null))
    socket.once('error', () => end(null))
    socket.once('secureConnect', () => {
      const certificate = socket.getPeerCertificate(true)
      end({
        protocol: socket.getProtocol(),
        problem: socket.authorized ? null : problemOf(socket.authorizationError),
        issuer: nameOf(certificate.issuer),
        sent: chainLength(certificate),
      })
    })
  })
}

/** A connection through the proxy; null if it gives none. */
async function openTunnel(proxy: HttpProxy, target: string, timeoutMs: number): Promise<Duplex | null> {
  const { uri, authorization } = proxy
  const headers = authorization === null ? {} : { 'proxy-authorization': authorization.reveal() }
  const request = uri.startsWith('https:') ? httpsRequest : httpRequest
  return await new Promise((resolve) => {
    const asking = request(uri, { method: 'CONNECT', path: target, headers, timeout: timeoutMs })
    const timer = setTimeout(() => asking.destroy(), timeoutMs)
    asking.once('close', () => clearTimeout(timer))
    asking.once('connect', ({ statusCode }, socket) => {
      clearTimeout(timer)
      if (statusCode !== 200) socket.destroy()
      resolve(statusCode === 200 ? socket : null)
    })
    asking.once('timeout', () => asking.destroy())
    asking.once('error', () => resolve(null))
    asking.end()
  })
}

/** Node gives the code as a string, or as an error that has it. */
function problemOf(error: unknown): string {
  return error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.message) : String(error)
}

function nameOf(issuer: { readonly O?: unknown; readonly CN?: unknown } | undefined): string {
  return [issuer?.O, issuer?.CN].filter((part) => typeof part === 'string').join(', ') || 'unknown'
}

function chainLength(certificate: DetailedPeerCertificate): number {
  const seen = new Set<string>()
  let at: DetailedPeerCertificate | undefined = certificate
  while (at?.fingerprint256 !== undefined && !seen.has(at.fingerprint256)) {
    seen.add(at.fingerprint256)
    at = at.issuerCertificate
  }
  return seen.size
}
