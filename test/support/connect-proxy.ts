import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'

export interface ConnectProxyOptions {
  /** `user:password` that it wants; null: it lets anybody through. */
  readonly wants: string | null
  /** What it answers to everybody, in place of a tunnel. */
  readonly refuseWith?: number
  /** It takes connections and never answers. */
  readonly silent?: boolean
}

/** A proxy of a company, which knows CONNECT and nothing else. */
export interface ConnectProxy {
  readonly port: number
  /** The targets that it was asked for, with the answer: `localhost:443 200`. */
  readonly asked: readonly string[]
  /** The user agents that asked. */
  readonly agents: readonly (string | undefined)[]
  close(): Promise<void>
}

export async function startConnectProxy(options: ConnectProxyOptions): Promise<ConnectProxy> {
  const asked: string[] = []
  const agents: (string | undefined)[] = []
  const open = new Set<Socket>()
  const wanted = options.wants === null ? null : `Basic ${Buffer.from(options.wants).toString('base64')}`

  function statusFor(authorization: string | undefined): number {
    if (options.refuseWith !== undefined) return options.refuseWith
    return wanted === null || authorization === wanted ? 200 : 407
  }

  const server = createServer((_request, response) => response.writeHead(405).end())
  server.on('connection', (socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
  })
  server.on('connect', ({ url = '', headers }, socket) => {
    socket.on('error', () => {})
    if (options.silent === true) return
    const status = statusFor(headers['proxy-authorization'])
    asked.push(`${url} ${status}`)
    agents.push(headers['user-agent'])
    if (status !== 200) {
      socket.end(
        `HTTP/1.1 ${status} No\r\nproxy-authenticate: Basic realm="company"\r\ncontent-length: 0\r\n\r\n`,
      )
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
    close: () =>
      new Promise((resolve) => {
        for (const socket of open) socket.destroy()
        server.close(() => resolve())
      }),
  }
}
