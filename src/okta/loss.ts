/** Why no answer came, by the code that the system, TLS or the HTTP client gives. */
export interface Loss {
  /** The cause, for a person. Null if only the code is known. */
  readonly cause: string | null
  /** The fix, as an imperative that starts a sentence. */
  readonly fix: string
  /**
   * True if waiting does not help: an untrusted certificate stays untrusted. A name or a port may be back in a moment.
   */
  readonly lasting: boolean
}

const checkNetwork = 'Check the network and OKTA_CLIENT_ORGURL'
const checkBetween = 'Check the network, and whether a proxy or a firewall cuts connections'
const reportIt =
  'Report this as an error of okta-lifecycle, with the code; it says nothing about the users or the org'
const checkScheme =
  "Check the scheme and port of OKTA_CLIENT_ORGURL, and whether a proxy answers in Okta's place"

/** The first pattern that matches the code wins. */
const losses: readonly (readonly [code: RegExp, cause: string, fix: string, lasting: boolean])[] = [
  [/^ENOTFOUND$/, "the host's name is not known", "Check OKTA_CLIENT_ORGURL and this machine's DNS", false],
  [/^EAI_/, 'the name server does not answer', "Check this machine's DNS", false],
  [
    /^ECONNREFUSED$/,
    'nothing listens there, or a firewall refuses it',
    'Check OKTA_CLIENT_ORGURL, and whether a firewall blocks the connection',
    false,
  ],
  [/^(EHOSTUNREACH|ENETUNREACH)$/, 'there is no route to the host', checkNetwork, false],
  [
    /^(ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT)$/,
    'the host does not answer',
    'Check OKTA_CLIENT_ORGURL, and whether a firewall blocks the connection',
    false,
  ],
  [
    /^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/,
    'its certificate is not valid at this time',
    "Check this machine's clock and the certificate of the host",
    true,
  ],
  [
    /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    'its certificate is for another host',
    'Check the host in OKTA_CLIENT_ORGURL, and whether a proxy intercepts the connection',
    true,
  ],
  [
    /^(CERT_|ERR_TLS|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO)/,
    'its certificate is not trusted',
    'If your company inspects TLS: export NODE_EXTRA_CA_CERTS=/path/to/company-ca.pem; if that is set, its file lacks the CA that issued this certificate',
    true,
  ],
  [
    /^ERR_SSL_(TLSV1_ALERT_PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|VERSION_TOO_LOW)$/,
    'the other side speaks only a version of TLS before 1.2, and 1.2 is needed',
    'Check OKTA_CLIENT_ORGURL, and whether a proxy or a firewall that inspects TLS answers with an old version: it must offer TLS 1.2 or 1.3, as Okta does',
    true,
  ],
  [/^(EPROTO|ERR_SSL)/, 'the server does not speak TLS as Okta does', checkScheme, true],
  [
    /^TOKEN_REDIRECTED$/,
    'the token endpoint redirects to another address',
    'Check OKTA_CLIENT_ORGURL, and whether a proxy intercepts the connection',
    true,
  ],
  [
    /^TOKEN_ENDPOINT$/,
    'the token endpoint does not answer as Okta does',
    'Check OKTA_CLIENT_ORGURL, and whether a proxy intercepts the connection',
    false,
  ],
  [
    /^TOKEN_RATE_LIMIT$/,
    'the rate limit of the token endpoint is used up',
    'Wait until that limit is free, and look for what else asks for tokens so often (in the Admin Console: Reports > Rate Limits)',
    false,
  ],
  [
    /^PROXY_UNREACHED_/,
    "the proxy can't be reached",
    'Check the address and the scheme of the proxy, and whether a firewall blocks the connection',
    false,
  ],
  [
    /^PROXY_407_/,
    'the proxy refuses the connection: it lets nobody in by user and password (Basic), only by a scheme that this program does not have, such as NTLM or Negotiate',
    'Have Basic or this machine allowed on the proxy, or set the address of a relay on this machine that signs in there (as cntlm or px do), or bypass the proxy: export NO_PROXY=your-org.okta.com',
    true,
  ],
  [
    /^PROXY_407$/,
    'the proxy refuses the connection: it wants a user and password, or different ones',
    'Put user and password into the URL of the proxy, in the variable that names it: http://USER:PASSWORD@proxy.example.com:3128',
    true,
  ],
  [
    /^PROXY_3/,
    'the proxy answers CONNECT with a redirect, probably to a login page, and gives no connection',
    "Sign in to the proxy from this machine, have the org's host allowed there without a login page, or bypass the proxy: export NO_PROXY=your-org.okta.com",
    true,
  ],
  [
    /^PROXY_[12]/,
    'the proxy answers CONNECT in a way that gives no connection',
    'Check whether the address of the proxy is that of an HTTP proxy',
    true,
  ],
  [
    /^PROXY_SILENT$/,
    'the proxy gives a connection, and nothing comes through it',
    "Check whether the proxy reaches the org's host, or bypass the proxy: export NO_PROXY=your-org.okta.com",
    false,
  ],
  [
    /^PROXY_4/,
    'the proxy does not let connections to this host through',
    "Have the org's host allowed on the proxy, or bypass the proxy: export NO_PROXY=your-org.okta.com",
    true,
  ],
  [
    /^PROXY_/,
    "the proxy can't connect to the host",
    'Check OKTA_CLIENT_ORGURL, and whether the proxy reaches it',
    false,
  ],
  [
    /^UND_ERR_PRX_TLS$/,
    'its certificate is for another host',
    'Check the host in OKTA_CLIENT_ORGURL, and the proxy',
    true,
  ],
  [
    /^(UND_ERR_HEADERS_OVERFLOW|HPE_HEADER_OVERFLOW)$/,
    'the headers of the answer are longer than this program reads',
    'Check whether a proxy adds headers or cookies to answers; to read longer ones: export NODE_OPTIONS=--max-http-header-size=65536',
    false,
  ],
  [/^HPE_/, 'the server does not speak HTTP', checkScheme, false],
  [
    /^(EMFILE|ENFILE)$/,
    'this process can open no more files',
    'Raise the limit (ulimit -n 1024) or lower --concurrency',
    false,
  ],
  [
    /^(ECONNRESET|ECONNABORTED|EPIPE|UND_ERR_SOCKET)$/,
    'the other side, or something on the way, closed it',
    checkBetween,
    false,
  ],
  [
    /^(TIMEOUT|UND_ERR_(HEADERS|BODY)_TIMEOUT)$/,
    'it does not answer in time',
    'Check the network; if the org is slow, allow more time: export OKTA_CLIENT_REQUESTTIMEOUT=60',
    false,
  ],
  [
    /^UND_ERR_RES_CONTENT_LENGTH_MISMATCH$/,
    'the answer is shorter or longer than it says',
    checkBetween,
    false,
  ],
  [/^UND_ERR_(RES_EXCEEDED_MAX_SIZE|RESPONSE)$/, "the answer can't be read", checkBetween, false],
  [
    /^(UND_ERR_(DESTROYED|CLOSED|ABORT|ABORTED)|ABORT_ERR)$/,
    'this program ended the connection itself',
    'Start the command again',
    false,
  ],
  [
    /^WITHDRAWN$/,
    'the call was not sent any more: its connection took too long, answers to other calls held it back, or this process has lost the run',
    'Check the network and the proxy (okta-lifecycle doctor), and which process holds the run: okta-lifecycle status',
    false,
  ],
  [/^UND_ERR/, 'the HTTP client refuses to send the request', reportIt, false],
  [
    /^UNKNOWN$/,
    'the HTTP client failed and does not say why',
    'Check the network and the proxy (okta-lifecycle doctor); export NODE_DEBUG=undici shows each connection',
    false,
  ],
]

/** The meaning of a code. */
export function lossOf(code: string): Loss {
  for (const [pattern, cause, fix, lasting] of losses) {
    if (pattern.test(code)) return { cause, fix, lasting }
  }
  return { cause: null, fix: checkNetwork, lasting: false }
}

/**
 * One phrase about a request without an answer.
 *
 * @param reachedConnection whether the request was given to a connection
 */
export function describeLoss(code: string, reachedConnection: boolean): string {
  const { cause } = lossOf(code)
  const what = reachedConnection
    ? 'the connection was lost before the answer came'
    : 'no connection could be made'
  return cause === null ? `${what} (${code})` : `${what}: ${cause} (${code})`
}
