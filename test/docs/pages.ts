import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

/** The pages that people read, README first. */
export const pages: readonly string[] = [
  'README.md',
  ...readdirSync('docs')
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => `docs/${name}`),
]

/** A fenced block of a page. */
export interface Block {
  readonly page: string
  /** The line of its fence, from 1. */
  readonly line: number
  /** The word after the fence: `sh`, `yaml`, … */
  readonly language: string
  readonly text: string
}

/** The fenced blocks of a page, in order. */
export function blocksOf(page: string): readonly Block[] {
  const blocks: Block[] = []
  let open: { readonly line: number; readonly language: string; readonly lines: string[] } | null = null
  for (const [index, line] of readFileSync(page, 'utf8').split('\n').entries()) {
    const fence = /^```(\w*)$/.exec(line)
    if (fence === null) open?.lines.push(line)
    else if (open === null) open = { line: index + 1, language: fence[1] ?? '', lines: [] }
    else {
      blocks.push({ page, line: open.line, language: open.language, text: open.lines.join('\n') })
      open = null
    }
  }
  if (open !== null) throw new Error(`${page}: the block of line ${open.line} has no end`)
  return blocks
}

/** The commands of a block for a shell: a line each, with the lines that belong to it. */
export function commandsOf({ text }: Block): readonly string[] {
  const commands: string[] = []
  let lines: string[] = []
  for (const line of text.split('\n')) {
    if (lines.length === 0 && line.trim() === '') continue
    lines.push(line)
    if (!isWhole(lines)) continue
    commands.push(lines.join('\n'))
    lines = []
  }
  if (lines.length > 0) throw new Error(`This command has no end:\n${lines.join('\n')}`)
  return commands
}

function isWhole(lines: readonly string[]): boolean {
  const last = lines.at(-1) ?? ''
  const word = /<<'(\w+)'/.exec(lines[0] ?? '')?.[1]
  if (word !== undefined) return lines.length > 1 && last === word
  const quotes =
    lines
      .join('\n')
      .replaceAll(/\\.|"(?:[^"\\]|\\.)*"/gs, '')
      .split("'").length - 1
  return !last.endsWith('\\') && quotes % 2 === 0
}

/** What stands between backticks in a page's prose. */
export function codesOf(page: string): readonly string[] {
  const prose = readFileSync(page, 'utf8').replaceAll(/^```[\s\S]*?^```$/gm, '')
  return [...prose.matchAll(/`([^`]+)`/g)].map(([, code = '']) =>
    code.replaceAll(/\s+/g, ' ').replaceAll('\\|', '|'),
  )
}

/** The names by which the headings of a page can be linked to, as GitHub makes them. */
function anchorsOf(page: string): ReadonlySet<string> {
  const text = readFileSync(page, 'utf8').replaceAll(/^```[\s\S]*?^```$/gm, '')
  return new Set(
    [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )
}

/** Where the links of a page lead, but for those to the web. */
function targetsOf(page: string): readonly string[] {
  const prose = readFileSync(page, 'utf8').replaceAll(/^```[\s\S]*?^```$/gm, '')
  const targets = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
  return targets.filter((target) => !/^https?:/.test(target))
}

/** The file that a link of a page leads to, from the root. */
function fileOf(page: string, target: string): string {
  const path = target.replace(/#.*$/, '')
  return path === '' ? page : normalize(join(dirname(page), path))
}

/** The files that a page leads to, from the root. */
export function filesLinkedFrom(page: string): readonly string[] {
  return targetsOf(page).map((target) => fileOf(page, target))
}

/** The links of a page that lead nowhere. */
export function deadLinksOf(page: string): readonly string[] {
  return targetsOf(page).filter((target) => {
    const file = fileOf(page, target)
    const anchor = /#(.*)$/.exec(target)?.[1]
    return !existsSync(file) || (anchor !== undefined && !anchorsOf(file).has(anchor))
  })
}
