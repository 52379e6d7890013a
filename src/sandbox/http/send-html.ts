import type { ServerResponse } from 'node:http'
import type { Instant } from '../org/clock.ts'

const htmlTitles: Readonly<Record<number, string>> = {
  502: '502 Bad Gateway',
  503: '503 Service Temporarily Unavailable',
  504: '504 Gateway Time-out',
}

/** Writes the answer that a load balancer gives in Okta's place: HTML, without any of Okta's headers. */
export function sendHtml(outgoing: ServerResponse, httpStatus: number, instant: Instant): void {
  const title = htmlTitles[httpStatus] ?? '502 Bad Gateway'
  const lines = [
    '<html>',
    `<head><title>${title}</title></head>`,
    '<body>',
    `<center><h1>${title}</h1></center>`,
    '</body>',
    '</html>',
    '',
  ]
  const body = lines.join('\r\n')
  const headers = ['server', 'awselb/2.0', 'date', instant.httpDate, 'content-type', 'text/html']
  outgoing.writeHead(httpStatus, [...headers, 'content-length', String(body.length)])
  outgoing.end(body)
}
