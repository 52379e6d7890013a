import { createPostgresBackend } from 'bullmq'
import { QuietClient } from './quiet-client.ts'

/**
 * BullMQ's backend on PostgreSQL, over connections that end no process. Those of its pool are of the class that its options
 * name. The one that it listens on is not: it is made from the driver as BullMQ has loaded it, and heard only once it is
 * there. So the driver that it has is one of quiet connections.
 */
export const createQuietBackend: typeof createPostgresBackend = (...options) => {
  const backend = createPostgresBackend(...options)
  const connection: unknown = Reflect.get(backend, 'connection')
  if (typeof connection !== 'object' || connection === null || !('pgModule' in connection))
    throw new Error('BullMQ makes its connections in another way than the version that was tested.')
  connection.pgModule = { Client: QuietClient }
  return backend
}
