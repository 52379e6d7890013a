import { describe, expect, test } from 'vitest'
import { detectFormat } from '../../src/input/format.ts'
import type { InputFile } from '../../src/input/input-file.ts'
import { knownErrorOf, withInput } from './support.ts'

describe('detectFormat', () => {
  test.each([
    ['a.csv', 'csv'],
    ['a.TSV', 'csv'],
    ['dir.json/a.Json', 'json'],
    ['a.jsonl', 'jsonl'],
    ['a.ndjson', 'jsonl'],
  ])('tells %s by its extension, without opening it', async (name, format) => {
    expect(await detectFormat({ path: '/nowhere', name, encoding: 'utf-8' }, null)).toBe(format)
  })

  test('believes what was asked for', async () => {
    expect(await detectFormat({ path: '/nowhere', name: 'a.csv', encoding: 'utf-8' }, 'jsonl')).toBe('jsonl')
  })

  test.each([
    ['  \r\n\t[{}]', 'json'],
    ['\ufeff[{}]', 'json'],
    ['\n{"user":"a"}', 'jsonl'],
    ['user\na', 'csv'],
    ['"user"\n', 'csv'],
    ['', 'csv'],
    [' \n', 'csv'],
  ])('tells %j by its first byte', async (content, format) => {
    await withInput(content, async (file) => {
      for (const name of ['standard input', 'leavers.txt', 'leavers', 'leavers.dat'])
        expect(await detectFormat({ ...file, name }, null, 1)).toBe(format)
    })
  })

  test('says that a file is missing', async () => {
    const input: InputFile = { path: '/nowhere/input.txt', name: '/nowhere/input.txt', encoding: 'utf-8' }
    const error = await knownErrorOf(detectFormat(input, null))
    expect(error.message).toBe('The input /nowhere/input.txt cannot be read: there is no such file.')
    const lost = await knownErrorOf(detectFormat({ ...input, name: 'leavers.txt' }, null))
    expect(lost.message).toBe(
      'The copy of leavers.txt, /nowhere/input.txt, cannot be read: there is no such file.',
    )
    expect(lost.next).toContain('Restore')
  })
})
