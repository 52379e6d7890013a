import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { deadLinksOf, filesLinkedFrom, pages } from './pages.ts'

it.each([...pages, 'CONTRIBUTING.md', 'SECURITY.md', 'deploy/README.md', 'CHANGELOG.md', 'BENCHMARKS.md'])(
  'every link of %s leads somewhere',
  (page) => {
    expect(deadLinksOf(page)).toEqual([])
  },
)

it('the package has what the pages lead to', () => {
  const { files } = JSON.parse(readFileSync('package.json', 'utf8'))
  const packed: readonly string[] = ['LICENSE', 'package.json', ...files]
  const targets = pages.flatMap((page) => filesLinkedFrom(page))
  expect(targets.filter((target) => !packed.includes(target.split('/')[0] ?? ''))).toEqual([])
})

it('README leads to every page', () => {
  const readme = readFileSync('README.md', 'utf8')
  expect(pages.slice(1).filter((page) => !readme.includes(`](${page})`))).toEqual([])
})

it('README is not longer than two pages', () => {
  expect(readFileSync('README.md', 'utf8').split('\n').length).toBeLessThan(125)
})
