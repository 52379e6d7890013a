import type { IncomingMessage } from 'node:http'
import { type OktaError, oktaError } from '../answers/okta-error.ts'

/** The largest body that is read, in bytes; a user with every attribute filled takes a few thousand. */
const mostBytes = 1024 * 1024

/** The JSON of a body (undefined if the body is empty), or how Okta refuses it. */
export type RequestBody =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'refused'; readonly error: OktaError }

const malformed: RequestBody = { kind: 'refused', error: oktaError('E0000003') }

/** Reads a body to its end; null if it is too long. Rejects if the client goes away first. */
export async function readText(incoming: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= mostBytes) chunks.push(chunk)
  }
  return size > mostBytes ? null : Buffer.concat(chunks).toString('utf8')
}

/** Reads a JSON body to its end. Rejects if the client goes away first. */
export async function readBody(incoming: IncomingMessage): Promise<RequestBody> {
  const text = await readText(incoming)
  if (text === null) return malformed
  if (text.trim() === '') return { kind: 'json', value: undefined }
  const type = incoming.headers['content-type'] ?? ''
  if (!/^application\/(?:[\w.+-]*\+)?json\b/i.test(type)) {
    return { kind: 'refused', error: oktaError('E0000021') }
  }
  try {
    return { kind: 'json', value: JSON.parse(text) }
  } catch {
    return malformed
  }
}
