import { ActivationTokens } from './activation-tokens.ts'
import { activationTokensIn } from './activation-tokens-in.ts'
import { Cover } from './cover.ts'
import type { Received } from './exchange.ts'
import { KnownSecrets, lowerCased, pieceLength, secretPut } from './known-secrets.ts'
import { LongPieces } from './long-pieces.ts'
import { replaceSpans } from './plain-form.ts'
import type { HeaderValue } from './rate-limit.ts'
import { shortRefusal } from './short-refusal.ts'
import { unitsOf } from './token-pieces.ts'
import type { Call } from './transport.ts'
import { WholeSecrets } from './whole-secrets.ts'
import { isOfWords } from './words.ts'

/**
 * The length of the shortest text that is masked. A shorter one is not a secret of ours, and to mask it would garble
 * other text.
 */
const shortest = 6

/**
 * The length of the shortest piece of an activation token that is masked in an answer that succeeded, in characters: so
 * many ids are read in a run of a million users that one may have fewer in common with a token by chance.
 */
const longPiece = 12

type Headers = Readonly<Record<string, HeaderValue>>
type Response = Extract<Received, { kind: 'response' }>

/** Takes secrets out of one text of an answer; `isShown` for the value of a header that nothing else is done with. */
type Mask = (text: string, isShown: boolean) => string

/**
 * Takes secrets out of answers: a proxy or a debugging page may repeat what was sent to it, and texts of answers and
 * the ids of requests reach messages, reports and logs. Secrets are those of the call that is answered, those that
 * calls never carry, and the activation tokens that earlier answers brought.
 */
export class AnswerCleaner {
  readonly #never: KnownSecrets
  readonly #neverWhole: WholeSecrets
  readonly #neverLong: LongPieces
  /** Those of them that no sentence of Okta's can hold. */
  readonly #neverInOktas: readonly string[]
  /** What was made of the latest tokens, which are the same from call to call. */
  readonly #ofTokens = new Map<string, TokenSecrets>()
  readonly #activation = new ActivationTokens()

  /** @param never secrets that no call to the host carries, such as the password of a proxy */
  constructor(never: readonly string[] = []) {
    this.#never = knownOf(never)
    this.#neverWhole = new WholeSecrets(longEnough(never))
    this.#neverLong = new LongPieces([], longEnough(never))
    this.#neverInOktas = longEnough(never).filter((secret) => !/^\d+$/.test(secret) && !isOfWords(secret))
  }

  /**
   * An answer without secrets. Only the body of one that succeeded keeps the activation token that it brings in the
   * field in which Okta does. Never throws: what can't be masked is not shown at all.
   */
  clean(call: Call, received: Received): Received {
    if (received.kind === 'lost') return received
    try {
      return received.httpStatus >= 300
        ? this.#cleanRefusal(call, received)
        : this.#cleanSuccess(call, received)
    } catch {
      const { headers, text } = received
      return {
        ...received,
        headers: cleanHeaders(headers, () => secretPut),
        text: text === null ? null : secretPut,
      }
    }
  }

  #cleanRefusal(call: Call, received: Response): Received {
    const text = received.text === null ? null : shortRefusal(received.text)
    const secrets = [this.#ofToken(call).pieces, knownOf(onceIn(call))]
    // Okta itself never sees the password of a proxy. To mask its words in Okta's sentences would garble them, and
    // tell whoever knows the sentence what the password is.
    const isOktas = text !== null && /"errorCode"\s*:/.test(text)
    const mask = (value: string): string => {
      const masked = secrets.reduce((left, known) => known.mask(left, 'mask words'), value)
      return this.#activation.mask(this.#withoutNever(masked, isOktas))
    }
    return {
      ...received,
      headers: cleanHeaders(received.headers, mask),
      text: text === null ? null : mask(text),
    }
  }

  #withoutNever(text: string, isOktas: boolean): string {
    if (!isOktas) return this.#never.mask(text, 'mask words')
    const whole = this.#neverInOktas.reduce((left, secret) => left.replaceAll(secret, secretPut), text)
    return this.#never.mask(whole, 'leave words')
  }

  /**
   * A run may read hundreds of thousands of users, and what their profiles, their ids and the links to next pages say
   * counts: so in a success only whole secrets are masked.
   */
  #cleanSuccess(call: Call, received: Response): Received {
    const { headers, text } = received
    const given = text === null || call.method !== 'POST' ? null : activationTokensIn(text)
    for (const token of given?.tokens ?? []) this.#activation.remember(token)
    const mask = this.#maskOfSuccess(call)
    const ofText = given?.isOktas === true ? this.#maskOfSuccess(call, false) : mask
    return {
      ...received,
      headers: cleanHeaders(headers, (value, name) => mask(value, name === 'x-okta-request-id')),
      text: text === null ? null : ofText(text, false),
    }
  }

  #maskOfSuccess(call: Call, activation = true): Mask {
    const once = onceIn(call)
    const ofToken = this.#ofToken(call)
    const long = [ofToken.long, this.#neverLong]
    const secrets = [ofToken.whole, this.#neverWhole, ...(once.length === 0 ? [] : [new WholeSecrets(once)])]
    return (text, isShown) =>
      replaceSpans(text, secretPut, (plain) => {
        const lower = lowerCased(plain)
        const cover = new Cover(plain.length)
        const add = (from: number, end: number): void => cover.add(from, end)
        for (const whole of secrets) whole.find(lower, isShown, add)
        const units = unitsOf(lower)
        for (const one of long) one.find(units, add)
        if (activation) this.#activation.find(plain, units, isShown ? pieceLength : longPiece, add)
        return cover.spans()
      })
  }

  #ofToken({ headers }: Call): TokenSecrets {
    const [, token = ''] = /^\S+ (.+)$/.exec(headers.authorization ?? '') ?? []
    const made = this.#ofTokens.get(token)
    if (made !== undefined) return made
    // After a renewal, calls with the token before may still be under way.
    if (this.#ofTokens.size >= 2) this.#ofTokens.clear()
    const secrets = longEnough([token])
    const known = {
      pieces: knownOf([token]),
      whole: new WholeSecrets(secrets),
      long: new LongPieces(secrets, []),
    }
    this.#ofTokens.set(token, known)
    return known
  }
}

/** A token, as refusals and as successes are searched for it. */
interface TokenSecrets {
  readonly pieces: KnownSecrets
  readonly whole: WholeSecrets
  readonly long: LongPieces
}

function longEnough(secrets: readonly string[]): readonly string[] {
  return secrets.filter((secret) => secret.length >= shortest)
}

function knownOf(secrets: readonly string[]): KnownSecrets {
  return new KnownSecrets(longEnough(secrets))
}

/** The secrets that only this call carries: its proof, and the assertion for an access token. */
function onceIn({ headers, body }: Call): readonly string[] {
  const assertion = body === undefined ? null : new URLSearchParams(body).get('client_assertion')
  return longEnough([headers.dpop, assertion].filter((secret) => typeof secret === 'string'))
}

function cleanHeaders(headers: Headers, mask: (value: string, name: string) => string): Headers {
  // A number of the rate limit is not a secret, and must stay what it is.
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]): [string, HeaderValue] => {
      const clean = (one: string): string => (/^\d+$/.test(one) ? one : mask(one, name))
      return [name, typeof value === 'string' ? clean(value) : value?.map(clean)]
    }),
  )
}
