import type { Server } from 'node:http'
import { KnownError, Refusal } from '../../messages/known-error.ts'

/**
 * Listens on a port of 127.0.0.1 (0: a free one), and resolves with its number. Rejects with a {@link KnownError} if it
 * can't.
 */
export function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'EADDRINUSE' ? 'it is in use' : error.message
      const next = 'Choose another port, or 0 to have a free one picked.'
      reject(new Refusal(`The sandbox can't listen on port ${port} of 127.0.0.1: ${reason}.`, next))
    })
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}

/** Ends all connections, idle or not, and resolves when the port is free. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
