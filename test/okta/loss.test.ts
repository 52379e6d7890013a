import { errors } from 'undici'
import { describe, expect, it } from 'vitest'
import { describeLoss, lossOf } from '../../src/okta/loss.ts'

describe('why no answer came', () => {
  it.each([
    ['ENOTFOUND', /name is not known/, /DNS/, false],
    ['EAI_AGAIN', /name server/, /DNS/, false],
    ['ECONNREFUSED', /nothing listens/, /OKTA_CLIENT_ORGURL/, false],
    ['EHOSTUNREACH', /no route to the host/, /network/, false],
    ['UND_ERR_CONNECT_TIMEOUT', /does not answer/, /firewall/, false],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', /not trusted/, /NODE_EXTRA_CA_CERTS/, true],
    ['SELF_SIGNED_CERT_IN_CHAIN', /not trusted/, /NODE_EXTRA_CA_CERTS/, true],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', /not trusted/, /NODE_EXTRA_CA_CERTS/, true],
    ['CERT_HAS_EXPIRED', /not valid at this time/, /clock/, true],
    ['ERR_TLS_CERT_ALTNAME_INVALID', /for another host/, /OKTA_CLIENT_ORGURL/, true],
    ['ERR_SSL_WRONG_VERSION_NUMBER', /does not speak TLS/, /scheme and port/, true],
    ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', /version of TLS before 1\.2/, /proxy.*TLS 1\.2 or 1\.3/, true],
    ['ERR_SSL_UNSUPPORTED_PROTOCOL', /1\.2 is needed/, /proxy/, true],
    ['HPE_INVALID_CONSTANT', /does not speak HTTP/, /scheme and port/, false],
    ['EMFILE', /no more files/, /ulimit/, false],
  ])('%s', (code, cause, fix, lasting) => {
    const loss = lossOf(code)
    expect(loss.cause).toMatch(cause)
    expect(loss.fix).toMatch(fix)
    expect(loss.lasting).toBe(lasting)
    expect(describeLoss(code, false)).toMatch(cause)
    expect(describeLoss(code, false)).toContain(`(${code})`)
  })

  it('names a code that it does not know, and tries again', () => {
    expect(lossOf('ESTRANGE')).toMatchObject({ cause: null, lasting: false })
    expect(describeLoss('ESTRANGE', false)).toBe('no connection could be made (ESTRANGE)')
    expect(describeLoss('ECONNRESET', true)).toBe(
      'the connection was lost before the answer came: the other side, or something on the way, closed it (ECONNRESET)',
    )
  })

  it('has a sentence and advice for every code of the HTTP client, and for its errors without one', () => {
    const codes = Object.values(errors).map(
      (kind) => new (kind as new (...given: unknown[]) => { code?: string })('', 0, {}).code,
    )
    expect(codes.length).toBeGreaterThan(15)
    for (const code of [...codes, 'UNKNOWN', 'TIMEOUT', 'PROXY_200', 'PROXY_302', 'PROXY_511', 'WITHDRAWN']) {
      // Errors of the parser have the code of what it found.
      const { cause, fix } = lossOf(code ?? 'HPE_INVALID')
      expect(cause, code).not.toBeNull()
      expect(fix, code).toMatch(/^[A-Z][a-z]+ /)
    }
  })

  it('says that a proxy redirects to a login page', () => {
    expect(lossOf('PROXY_307')).toMatchObject({ lasting: true, fix: expect.stringContaining('NO_PROXY') })
    expect(lossOf('UND_ERR_HEADERS_OVERFLOW').fix).toContain('--max-http-header-size')
  })
})
