import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type YAMLMap,
} from 'yaml'
import { Refusal } from '../messages/known-error.ts'
import { unlessSecret } from '../messages/secret-like.ts'
import { plainName, type Setting, type SettingName, type Settings, settingNames } from './settings.ts'

/** What a file of settings holds. */
export interface SettingsFile {
  readonly settings: Settings
  /** The keys that are not read, with their path, such as `okta.client.rateLimit`. Okta's SDKs know more keys. */
  readonly others: readonly string[]
}

/**
 * Reads an okta.yaml: the mapping `okta.client`. Source: the README of okta-sdk-nodejs. A key without a value counts as
 * absent.
 *
 * @param path the file's name in messages
 * @throws Refusal when it is not YAML, or `okta` or `okta.client` is not a mapping. Nothing of its content is shown, because
 *   it may hold a token
 */
export function parseSettingsFile(text: string, path: string): SettingsFile {
  const document = parseYaml(text, path, rightForm)
  refuseOtherForm(document, path)
  const client = document.getIn(['okta', 'client'], true)
  const { settings, unknown } = readEntry(client, 'okta.client', path)
  const others = [...unknown]
  for (const [key] of entriesOf(document.contents)) if (key !== 'okta') others.push(key)
  for (const [key] of entriesOf(document.get('okta', true))) if (key !== 'client') others.push(`okta.${key}`)
  return { settings, others }
}

/** What a file of several orgs should look like. */
const orgsForm = 'orgs: [{ orgUrl: https://your-org.okta.com, token: … }]'

/**
 * Reads a file with the credentials of several orgs: a list `orgs`, each entry with the keys of `okta.client`.
 *
 * @param path the file's name in messages
 * @throws Refusal as {@link parseSettingsFile} does, and for a list that is missing, empty or holds an unknown key
 */
export function parseOrgsFile(text: string, path: string): readonly Settings[] {
  const document = parseYaml(text, path, orgsForm)
  const list: unknown = isMap(document.contents) ? document.get('orgs', true) : undefined
  if (!isSeq(list) || list.items.length === 0) {
    throw new Refusal(`${path} holds no list of orgs.`, `Correct ${path}. It should look like: ${orgsForm}`)
  }
  return list.items.map((entry, index) => {
    const place = `orgs[${index}]`
    refuseAliases(entry, `${place} in ${path}`, path)
    if (!isMap(entry))
      throw new Refusal(`${place} in ${path} is not a mapping.`, `It should look like: ${orgsForm}`)
    const { settings, unknown } = readEntry(entry, place, path)
    const [other] = unknown
    if (other === undefined) {
      checkNamesOrg(settings, `${place} in ${path}`)
      return settings
    }
    throw new Refusal(
      `${keyUnlessSecret(other)} in ${path} is not a setting of an org.`,
      `The settings are: ${settingNames.join(', ')}`,
    )
  })
}

/** The other settings have defaults. Without this, what is missing would be called by an environment variable's name. */
function checkNamesOrg({ orgUrl, token, privateKey }: Settings, place: string): void {
  const missing =
    orgUrl === undefined
      ? 'orgUrl'
      : token === undefined && privateKey === undefined
        ? 'token, and no privateKey'
        : null
  if (missing !== null) throw new Refusal(`${place} has no ${missing}.`, `It should look like: ${orgsForm}`)
}

/** A key with its path, such as `okta.client.rateLimit`: a colon without a space after it makes a token a key. */
export function keyUnlessSecret(key: string): string {
  return key
    .split('.')
    .map((part) => unlessSecret(part))
    .join('.')
}

function parseYaml(text: string, path: string, form: string): Document {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const [error] = document.errors
  if (error === undefined) return document
  const { line, col } = lines.linePos(error.pos[0])
  throw new Refusal(
    `${path} is not valid YAML: line ${line}, column ${col} (${error.code}).`,
    `Correct line ${line} of ${path}. It should look like: ${form}`,
  )
}

/** The settings in a mapping, and its keys that are no settings. */
function readEntry(
  node: unknown,
  at: string,
  path: string,
): { readonly settings: Settings; readonly unknown: readonly string[] } {
  const settings: Partial<Record<SettingName, Setting>> = {}
  const unknown: string[] = []
  refuseAliases(node, `${at} in ${path}`, path)
  for (const [key, value] of entriesOf(node)) {
    const name = settingNames.find((known) => known === key)
    const place = `${at}.${key} in ${path}`
    if (name === undefined) unknown.push(`${at}.${key}`)
    else if (value !== null && value !== '') settings[name] = { value, source: path, variable: null, place }
  }
  return { settings, unknown }
}

const rightForm = 'okta: { client: { orgUrl: https://your-org.okta.com } }'

/**
 * Refuses a text or a list where a mapping belongs, settings that are not under `okta.client`, and aliases and merge
 * keys on the way to them: the file would silently be read as no settings at all, and those of another file would count.
 */
function refuseOtherForm(document: Document, path: string): void {
  const { contents } = document
  const fix = `Correct ${path}. It should look like: ${rightForm}`
  if (contents === null || (isScalar(contents) && contents.value === null)) return
  if (!isMap(contents)) throw new Refusal(`${path} is not a mapping, so no setting can be read from it.`, fix)
  refuseMerge(contents, path, path)
  for (const keys of [['okta'], ['okta', 'client']]) {
    const place = keys.join('.')
    const node: unknown = document.getIn(keys, true)
    if (node === undefined || node === null) continue
    if (isAlias(node)) throw aliasIn(`${place} in ${path}`, path)
    if (isScalar(node) && node.value === null) continue
    if (!isMap(node))
      throw new Refusal(`${place} in ${path} is not a mapping, so no setting can be read from it.`, fix)
    refuseMerge(node, `${place} in ${path}`, path)
  }
  refuseMisplaced(contents, path, fix)
}

/**
 * Refuses the org, or a secret, under a key that is only nearly the right one: it would not be read, and the org of another
 * file would count, or get this file's token. Other keys may be meant for Okta's SDKs.
 */
function refuseMisplaced(contents: YAMLMap, path: string, fix: string): void {
  visit(contents, {
    Pair: (_key, { key, value }, ancestors) => {
      if (isScalar(value) && (value.value === null || value.value === '')) return
      const keys = [...ancestors.filter((node) => isPair(node)).map((pair) => pair.key), key].map((node) =>
        String(isScalar(node) ? node.value : node),
      )
      const name = meantBy(keys.at(-1) ?? '')
      const place = keys.join('.')
      const isRight = keys.length === 3 && place === `okta.client.${name}`
      if (name === null || isRight) return
      const why = keys.some((one) => one.includes('.'))
        ? 'is one name with dots, where each name belongs within the one before'
        : `is not okta.client.${name}`
      throw new Refusal(`${keyUnlessSecret(place)} in ${path} ${why}, so it is not read.`, fix)
    },
  })
}

/** The settings that name the org or hold a secret. */
const decisive = ['orgUrl', 'token', 'privateKey'] as const

/** The one of them that a key nearly is, also as a variable's name or as Okta's own name for it; null if there is none. */
function meantBy(key: string): (typeof decisive)[number] | null {
  const name = plainName(key).replace(/^(?:okta)?(?:client)?(?:api)?/, '')
  return decisive.find((known) => plainName(known) === name) ?? null
}

/** Refuses a merge key in a mapping. */
function refuseMerge(node: YAMLMap, place: string, path: string): void {
  if (node.has('<<')) throw aliasIn(place, path)
}

/** Refuses aliases and merge keys anywhere in a node: they are not read, so a setting would seem not to be set. */
function refuseAliases(node: unknown, place: string, path: string): void {
  if (!isNode(node)) return
  visit(node, {
    Alias: () => {
      throw aliasIn(place, path)
    },
    Map: (_key, map) => refuseMerge(map, place, path),
  })
}

function aliasIn(place: string, path: string): Refusal {
  return new Refusal(
    `${place} uses an alias (*) or a merge key (<<) of YAML, and this program reads neither.`,
    `Write the values themselves into ${path}`,
  )
}

function entriesOf(node: unknown): readonly (readonly [key: string, value: unknown])[] {
  if (!isMap(node)) return []
  return node.items.map(({ key, value }): readonly [string, unknown] => {
    const plain: unknown = isScalar(value) ? value.value : isJs(value) ? value.toJSON() : value
    return [String(isScalar(key) ? key.value : key), plain ?? null]
  })
}

function isJs(value: unknown): value is { toJSON(): unknown } {
  return typeof value === 'object' && value !== null && 'toJSON' in value
}
