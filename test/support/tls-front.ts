import { type AddressInfo, connect } from 'node:net'
import { createServer } from 'node:tls'

/** A TLS server on localhost that passes on what it gets to a plain port of this machine. */
export interface TlsFront {
  readonly url: string
  close(): Promise<void>
}

/** @param targetPort asked for each connection */
export async function startTlsFront(
  certificate: { readonly cert: string; readonly key: string },
  targetPort: () => number,
  host: '127.0.0.1' | '::1' = '127.0.0.1',
): Promise<TlsFront> {
  const open = new Set<{ destroy(): unknown }>()
  const server = createServer(certificate, (socket) => {
    const onward = connect(targetPort(), '127.0.0.1')
    for (const end of [socket, onward]) {
      open.add(end)
      end.on('close', () => open.delete(end))
    }
    socket.on('error', () => onward.destroy())
    onward.on('error', () => socket.destroy())
    socket.pipe(onward).pipe(socket)
  })
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: host === '::1' ? `https://[::1]:${port}` : `https://localhost:${port}`,
    close: () =>
      new Promise((resolve) => {
        for (const socket of open) socket.destroy()
        server.close(() => resolve())
      }),
  }
}
