import { createHash } from 'node:crypto'
import { chainStart, encodeLine } from '../../src/journal/journal-line.ts'

/** Files by name, as texts. */
export type Files = Map<string, string>

/** A change of files; it throws an Error when there is nothing to change. */
export type Change = (files: Files) => void

/** What somebody may change, by a name for people. */
export type Tampering = readonly [name: string, change: Change]

/** An object of JSON. */
export type Line = Record<string, unknown>
export type Json = Record<string, Record<string, unknown>>

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Changes some files, and makes the manifest fit again, as somebody would who wants it to pass. */
export function tampered(files: Files, change: Change): Files {
  const changed = new Map(files)
  change(changed)
  const manifest = JSON.parse(changed.get('manifest.json') ?? '')
  manifest.files = [...changed]
    .filter(([name]) => name !== 'manifest.json')
    .map(([name, text]) => ({ name, bytes: Buffer.byteLength(text), sha256: sha256(text) }))
  return changed.set('manifest.json', JSON.stringify(manifest))
}

export function edit(name: string, from: string | RegExp, to: string): Change {
  return (files) => {
    const before = files.get(name) ?? ''
    const after = before.replace(from, () => to)
    if (after === before) throw new Error(`nothing to change in ${name}: ${from}`)
    files.set(name, after)
  }
}

export function editJson(name: string, change: (content: Record<string, never>) => void): Change {
  return (files) => {
    const content = JSON.parse(files.get(name) ?? '')
    change(content)
    files.set(name, JSON.stringify(content))
  }
}

export function editLines(name: string, change: (lines: string[]) => void): Change {
  return (files) => {
    const lines = (files.get(name) ?? '').split('\n').slice(0, -1)
    change(lines)
    files.set(name, `${lines.join('\n')}\n`)
  }
}

/** Writes a journal anew, with a chain that fits, and the end that summary, manifest and page name. */
export function rechained(change: (events: Line[]) => void): Change {
  return (files) => {
    const { text, head } = rechain(files.get('journal.ndjson') ?? '', change)
    const before = JSON.parse(files.get('manifest.json') ?? '').journal
    files.set('journal.ndjson', text)
    for (const name of ['summary.json', 'manifest.json']) {
      files.set(name, JSON.stringify({ ...JSON.parse(files.get(name) ?? ''), journal: head }))
    }
    const shown = ({ lines, bytes }: typeof head): string =>
      `${lines.toLocaleString('en-US')} lines, ${bytes.toLocaleString('en-US')} bytes`
    const page = (files.get('report.html') ?? '').replace(before.chain, head.chain)
    files.set('report.html', page.replace(shown(before), shown(head)))
  }
}

/** The same for a text. */
export function rechain(text: string, change: (events: Line[]) => void) {
  const events = text
    .split('\n')
    .slice(0, -1)
    .map((line): Line => {
      const { synced: _, chain: __, crc: ___, ...event } = JSON.parse(line)
      return event
    })
  change(events)
  let [chain, bytes] = [chainStart, 0]
  const lines = events.map((event) => {
    const encoded = encodeLine(event as never, chain, bytes)
    chain = encoded.chain
    bytes += encoded.line.length
    return encoded.line.toString()
  })
  return { text: lines.join(''), head: { lines: lines.length, bytes, chain } }
}

/** The event of a journal in which a row has its result. */
export const resultOf = (events: Line[], row: number): Line =>
  events.find(({ event, row: its }) => event === 'result' && its === row) ?? {}

export function put(object: Line | undefined, name: string, value: unknown): void {
  if (object === undefined) throw new Error(`nothing has ${name}`)
  object[name] = value
}

const block = (kind: string): RegExp =>
  new RegExp(`(<script type="application/json" class="${kind}">)([^]*?)(</script>)`)

/** Changes what a data block of the page holds: its facts, or its rows. */
export function editPage<T = Line>(kind: 'facts' | 'rows', change: (content: T) => void): Change {
  return (files) => {
    const page = files.get('report.html') ?? ''
    const [, begin = '', json = 'null', end = ''] = block(kind).exec(page) ?? []
    const content = JSON.parse(json)
    change(content)
    const changed = JSON.stringify(content).replaceAll('<', '\\u003c')
    files.set(
      'report.html',
      page.replace(block(kind), () => begin + changed + end),
    )
  }
}
