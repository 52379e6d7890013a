/** The first line of a private key in PEM, of whatever kind. */
const begin = /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----/g
const end = /-----END (?:[A-Z0-9]+ )*PRIVATE KEY-----/

/**
 * The private keys in a text, each from its first line to its last, or to the end of the text if its last line is
 * missing. Around them may be anything, as tools write it: `openssl ecparam` the parameters of the curve, `openssl
 * pkcs12` the attributes of the bag, and others comments and certificates. Source: RFC 7468, sections 2 and 5.2.
 */
export function privateKeyBlocks(text: string): readonly string[] {
  const starts = [...text.matchAll(begin)].map(({ index }) => index)
  return starts.map((start, number) => {
    const block = text.slice(start, starts[number + 1])
    const last = end.exec(block)
    return last === null ? block : block.slice(0, last.index + last[0].length)
  })
}
