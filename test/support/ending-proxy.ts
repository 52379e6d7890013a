import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** PostgreSQL's "ready for query": what ends the opening of a connection. */
const ready = Buffer.from([0x5a, 0, 0, 0, 5, 0x49])

/** What PostgreSQL says when an administrator ends a connection. */
function ended(): Buffer {
  const fields = Buffer.from(
    'SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0',
  )
  const head = Buffer.alloc(5)
  head.write('E')
  head.writeInt32BE(fields.length + 4, 1)
  return Buffer.concat([head, fields])
}

/** A way to a database on which one connection is ended in the very moment in which it is there. */
export interface EndingProxy {
  readonly port: number
  /** How many connections have come. */
  readonly connections: number
  close(): void
}

/** @param number of the connection that is ended, from 1 */
export async function endingProxy(port: number, number: number): Promise<EndingProxy> {
  let connections = 0
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const isMeant = ++connections === number
    const database = connect(port, '127.0.0.1')
    for (const socket of [client, database]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        client.destroy()
        database.destroy()
      })
    }
    client.pipe(database)
    database.on('data', (bytes) => {
      if (isMeant && bytes.includes(ready)) client.end(Buffer.concat([bytes, ended()]))
      else client.write(bytes)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections
    },
    close: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
