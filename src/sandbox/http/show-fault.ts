import type { HttpBindings } from '@hono/node-server'
import { oktaError } from '../answers/okta-error.ts'
import { errorReply, type Reply } from '../answers/reply.ts'
import type { Fault } from '../faults/faults.ts'
import { concurrencyRefusal, type Verdict } from '../limits/window.ts'
import type { Instant } from '../org/clock.ts'
import { headersOf } from './headers.ts'
import { sendHtml } from './send-html.ts'

/** What is needed to show a fault. */
export interface FaultScene {
  readonly bindings: HttpBindings
  readonly instant: Instant
  readonly requestId: string
  readonly verdict: Verdict | null
  /** The answer that the call would have got; null if the work was not done. */
  readonly reply: Reply | null
  /** The time between two bytes of an answer that drips, in milliseconds. */
  readonly dripMilliseconds: number
  /** Aborted when the sandbox closes. */
  readonly closing: AbortSignal
  /** Must be called once, when the call is over, with its HTTP status or `none`. */
  end(answer: number | 'none'): void
}

// The fewest bytes that drip. At one a second they take longer than a client waits on a silent connection.
const leastDrips = 45

/** Shows a fault to the client. */
export function showFault(fault: Fault, scene: FaultScene): void {
  const { incoming, outgoing } = scene.bindings
  if (fault.shows === 'okta_error') {
    sendError(fault, scene)
  } else if (fault.shows === 'html') {
    scene.end(fault.httpStatus)
    sendHtml(outgoing, fault.httpStatus, scene.instant)
  } else if (fault.shows === 'drop') {
    scene.end('none')
    incoming.socket.destroy()
  } else if (fault.shows === 'tear') {
    scene.end('none')
    writeHead(scene, answerOf(scene))
    outgoing.write('{', () => incoming.socket.destroy())
  } else if (fault.shows === 'drip') {
    drip(scene)
  } else {
    outgoing.once('close', () => scene.end('none'))
  }
}

function answerOf(scene: FaultScene): Reply {
  return scene.reply ?? { httpStatus: 200, body: '{}', headers: [] }
}

function writeHead(scene: FaultScene, reply: Reply, verdict = scene.verdict): void {
  const headers = headersOf(reply, scene.instant, scene.requestId, verdict)
  scene.bindings.outgoing.writeHead(reply.httpStatus, headers)
}

function sendError(fault: Fault, scene: FaultScene): void {
  const reply = errorReply(oktaError(fault.errorCode ?? 'E0000009'))
  scene.end(reply.httpStatus)
  writeHead(scene, reply, reply.httpStatus === 429 ? concurrencyRefusal(scene.instant.second) : scene.verdict)
  scene.bindings.outgoing.end(reply.body)
}

function drip(scene: FaultScene): void {
  const { outgoing } = scene.bindings
  const answer = answerOf(scene)
  // JSON may begin with any number of spaces.
  const body = answer.body === '' ? '' : answer.body.padStart(leastDrips)
  const bytes = Buffer.from(body)
  writeHead(scene, { ...answer, body })
  outgoing.flushHeaders()
  let sent = 0
  const timer = setInterval(() => {
    outgoing.write(bytes.subarray(sent, sent + 1))
    sent += 1
    if (sent >= bytes.length) outgoing.end()
  }, scene.dripMilliseconds)
  const stop = (): void => clearInterval(timer)
  scene.closing.addEventListener('abort', stop, { once: true })
  outgoing.once('close', () => {
    stop()
    scene.closing.removeEventListener('abort', stop)
    scene.end(outgoing.writableFinished ? answer.httpStatus : 'none')
  })
}
