import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'

export interface ConnectProxyOptions {
  /** `user:password` that it wants; null: it lets anybody through. */
  readonly wants: string | null
  /** The schemes that it offers with 407, one header each; `Basic` by default. */
  readonly offers?: readonly string[]
  /** What it answers to everybody, in place of a tunnel. */
  readonly refuseWith?: number
  /** It gives a tunnel through which nothing comes. */
  readonly silentTunnel?: boolean
  /** It takes connections and never answers. */
  readonly silent?: boolean
  /** It closes connections in place of an answer: at once, or when it is asked for a tunnel. */
  readonly closes?: 'at_once' | 'when_asked'
}

/** A proxy of a company, which knows CONNECT and nothing else. */
export interface ConnectProxy {
  readonly port: number
  /** The targets that it was asked for, with the answer: `localhost:443 200`. */
  readonly asked: readonly string[]
  /** The user agents that asked. */
  readonly agents: readonly (string | undefined)[]
  /** How many connections were made to it. */
  readonly connections: number
  close(): Promise<void>
}

export async function startConnectProxy(options: ConnectProxyOptions): Promise<ConnectProxy> {
  const asked: string[] = []
  const agents: (string | undefined)[] = []
  const open = new Set<Socket>()
  let connections = 0
  const wanted = options.wants === null ? null : `Basic ${Buffer.from(options.wants).toString('base64')}`

  function statusFor(authorization: string | undefined): number {
    if (options.refuseWith !== undefined) return options.refuseWith
    return wanted === null || authorization === wanted ? 200 : 407
  }

  const server = createServer((_request, response) => response.writeHead(405).end())
  server.on('connection', (socket) => {
    open.add(socket)
    connections++
    if (options.closes === 'at_once') socket.end()
    socket.on('close', () => open.delete(socket))
  })
  server.on('connect', ({ url = '', headers }, socket) => {
    socket.on('error', () => {})
    if (options.silent === true) return
    if (options.closes === 'when_asked') {
      socket.end()
      return
    }
    const status = statusFor(headers['proxy-authorization'])
    asked.push(`${url} ${status}`)
    agents.push(headers['user-agent'])
    if (status !== 200) {
      const offers = options.offers ?? ['Basic realm="company"']
      const offered = offers.map((offer) => `proxy-authenticate: ${offer}\r\n`).join('')
      socket.end(`HTTP/1.1 ${status} No\r\n${offered}content-length: 0\r\n\r\n`)
      return
    }
    if (options.silentTunnel === true) {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      return
    }
    const [host = '', port = ''] = url.split(':')
    const onward = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      socket.pipe(onward).pipe(socket)
    })
    onward.on('error', () => socket.destroy())
    socket.on('close', () => onward.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    agents,
    get connections() {
      return connections
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of open) socket.destroy()
        server.close(() => resolve())
      }),
  }
}
