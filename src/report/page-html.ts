import { createHash } from 'node:crypto'
import type { PageFacts } from '../page/page-data.ts'
import type { PageBundle } from './page-bundle.ts'

/**
 * The beginning of a page. Its policy lets the browser run this one script and use this one style sheet, and load
 * nothing else. The rows follow.
 */
export function pageHead(run: string, { script, style }: PageBundle): string {
  const policy = [
    "default-src 'none'",
    `script-src '${digestOf(script)}'`,
    `style-src '${digestOf(style)}'`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>Report of run ${escaped(run)}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
`
}

/**
 * Some rows of a page, as a data block. A page has several blocks, because a browser reads a text of many megabytes
 * very slowly.
 *
 * @param rows for each row, the JSON of an array of cells
 */
export function pageRows(rows: readonly string[]): string {
  return `<script type="application/json" class="rows">[\n${jsonForScript(rows.join(',\n'))}\n]</script>\n`
}

/** The end of a page, after its rows. If scripts are switched off, it shows what matters most. */
export function pageTail(facts: PageFacts, { script }: PageBundle): string {
  return `<div id="app">
<h1>${escaped(facts.headline)}</h1>
<p>Next: ${escaped(facts.next)}</p>
<p>Open this file in a browser to see everything: its table needs JavaScript. ${escaped(facts.resultsFile)} has a line for each task.</p>
</div>
<script type="application/json" class="facts">${jsonForScript(JSON.stringify(facts))}</script>
<script>${script}</script>
</body>
</html>
`
}

/** JSON that can stand in a script element: no text in it can end the element, or begin a comment. */
function jsonForScript(json: string): string {
  return json.includes('<') ? json.replaceAll('<', '\\u003c') : json
}

/** The policy source that allows just this text. */
function digestOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

function escaped(text: string): string {
  return text.replaceAll(/[&<>"]/g, (character) => entities[character] ?? '')
}
