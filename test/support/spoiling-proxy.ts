import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { selfSigned } from './self-signed.ts'

/** What a proxy does to one request. */
export interface Spoil {
  /** Whether the org gets the request, and does what it asks for, before the proxy answers in its own way. */
  readonly passedOn: boolean
  readonly answer: (response: ServerResponse) => void
}

/** A request as the proxy sees it. */
interface ProxiedRequest {
  readonly method: string
  readonly path: string
  /** From 1: how many requests of this method and path there were, this one included. */
  readonly attempt: number
}

export interface SpoilingProxyOptions {
  /** The org behind it. */
  readonly org: { readonly url: string; readonly token: string }
  /** Asked once for each request; null passes request and answer on as they are. */
  readonly spoil?: (request: ProxiedRequest) => Spoil | null
  /** Speaks TLS to its clients, by {@link selfSigned}. */
  readonly tls?: boolean
}

/** A proxy in front of an org that spoils the answers it is told to. Takes the org's place as an address. */
export interface SpoilingProxy {
  readonly url: string
  readonly token: string
  readonly requests: readonly ProxiedRequest[]
  /** Ends all connections and takes no more, as a network that is gone. */
  goAway(): Promise<void>
  /** Is there again, at the same port. */
  comeBack(): Promise<void>
  close(): Promise<void>
}

/** Starts a proxy on a free port of this machine. */
export async function startSpoilingProxy(options: SpoilingProxyOptions): Promise<SpoilingProxy> {
  const { org, spoil = () => null, tls = false } = options
  const requests: ProxiedRequest[] = []

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => {})
    request.resume()
    const { method = '', url: path = '' } = request
    const attempt = 1 + requests.filter((seen) => seen.method === method && seen.path === path).length
    const seen = { method, path, attempt }
    requests.push(seen)
    const spoiled = spoil(seen)
    if (spoiled !== null && !spoiled.passedOn) return spoiled.answer(response)
    const answer = await forward(org.url, request)
    if (spoiled !== null) return spoiled.answer(response)
    response.writeHead(answer.status, answer.headers).end(answer.body)
  }

  const listener: RequestListener = (request, response) => {
    serve(request, response).catch(() => response.destroy())
  }
  let server: Server
  const listen = async (port: number): Promise<number> => {
    server = tls ? createTlsServer(selfSigned, listener) : createServer(listener)
    server.on('clientError', (_error, socket) => socket.destroy())
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, '127.0.0.1', resolve)
    })
    return (server.address() as AddressInfo).port
  }
  const goAway = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  const port = await listen(0)
  return {
    url: tls ? `https://localhost:${port}` : `http://127.0.0.1:${port}`,
    token: org.token,
    requests,
    goAway,
    comeBack: async () => {
      await listen(port)
    },
    close: goAway,
  }
}

interface Forwarded {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

/** Passes a request on and collects the org's whole answer. */
async function forward(orgUrl: string, { method, url, headers }: IncomingMessage): Promise<Forwarded> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    httpRequest(`${orgUrl}${url}`, { method, headers }, resolve).on('error', reject).end()
  })
  const chunks: Buffer[] = []
  for await (const chunk of answer) chunks.push(chunk as Buffer)
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) }
}

/** Any answer at all, at once. */
export function whole(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Spoil['answer'] {
  return (response) => void response.writeHead(status, headers).end(body)
}

/** Headers, then a space now and then, for ever: JSON may begin with any number of them. */
export function drip(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' })
  const timer = setInterval(() => response.write(' '), 50)
  response.on('close', () => clearInterval(timer))
}

/** A body of 100 MB, as fast as it is taken. */
export function huge(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' })
  const chunk = ' '.repeat(100_000)
  let left = 1_000
  const more = (): void => {
    while (left > 0 && !response.destroyed) {
      left -= 1
      if (!response.write(chunk)) return
    }
    response.end()
  }
  response.on('drain', more)
  more()
}
