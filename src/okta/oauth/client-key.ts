import type { JsonWebKey } from 'node:crypto'
import { Refusal } from '../../messages/known-error.ts'
import { refuseQuotes } from '../quotes.ts'
import { type Settings, textOf } from '../settings.ts'
import { type ClientKey, type KeyFault, parseJwk, parseKeyText } from './private-key.ts'

/**
 * Reads the private key: PEM as PKCS#8 or PKCS#1 (also on one line with `\n`), a JWK as text or mapping, or the path of
 * a file that holds one of these.
 *
 * @param readFile reads a file as text; the `code` of its error names the cause
 * @throws Refusal when the value is clearly not a key that Okta accepts
 */
export function readClientKey(settings: Settings, readFile: (path: string) => string): ClientKey {
  const setting = settings.privateKey
  const place = setting?.place ?? 'OKTA_CLIENT_PRIVATEKEY'
  const fault: KeyFault = (what, fix = `Set ${place} to the private key of the service app`) =>
    new Refusal(`${place} ${what}.`, fix)
  const expected =
    'It must be the private key of the service app: PEM, a JWK, or the path of a file that holds it'
  if (setting === undefined) {
    throw fault(
      `is not set. ${expected}`,
      'Create a key in the Admin Console under Applications > the app > General > Public keys, then: export OKTA_CLIENT_PRIVATEKEY=/path/to/key.pem',
    )
  }
  const keyId = textOf(settings.keyId)
  if (keyId !== null) refuseQuotes(settings, 'keyId', keyId)
  if (typeof setting.value === 'object' && setting.value !== null) {
    return parseJwk(setting.value as JsonWebKey, keyId, fault)
  }
  const text = textOf(setting)
  if (text === null) throw fault(`is empty. ${expected}`)
  refuseQuotes(settings, 'privateKey', text)
  if (text.includes('-----BEGIN ') || text.startsWith('{')) return parseKeyText(text, keyId, fault)
  // A path is shown only if it looks like one: a key whose first line is missing must not be printed as a path.
  if (text.length > 200 || /[\r\n]/.test(text)) throw fault(`is neither PEM nor a JWK. ${expected}`)
  return parseKeyText(readKeyFile(text, readFile, fault), keyId, (what, fix) =>
    fault(`names the file ${text}, which ${what}`, fix),
  )
}

function readKeyFile(path: string, readFile: (path: string) => string, fault: KeyFault): string {
  try {
    return readFile(path).trim()
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown'
    // A line of a key may have slashes too, but no file extension.
    const named = /^[\w./~\\: -]{1,120}\.[a-z]{1,5}$/i.test(path) ? ` ${path}` : ''
    throw fault(
      `is neither PEM nor a JWK, and if it is the path of a file, that file${named} can't be read (${code})`,
      'Set OKTA_CLIENT_PRIVATEKEY to the key itself or to the path of a file that this user may read',
    )
  }
}
