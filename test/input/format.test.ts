import { describe, expect, test } from 'vitest'
import { detectFormat } from '../../src/input/format.ts'
import { knownErrorOf, withInput } from './support.ts'

describe('detectFormat', () => {
  test.each([
    ['a.csv', 'csv'],
    ['a.TSV', 'csv'],
    ['dir.json/a.Json', 'json'],
    ['a.jsonl', 'jsonl'],
    ['a.ndjson', 'jsonl'],
  ])('tells %s by its extension, without opening it', async (name, format) => {
    expect(await detectFormat('/nowhere', name, null)).toBe(format)
  })

  test('believes what was asked for', async () => {
    expect(await detectFormat('/nowhere', 'a.csv', 'jsonl')).toBe('jsonl')
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
      for (const name of ['-', 'leavers.txt', 'leavers', 'leavers.dat'])
        expect(await detectFormat(file, name, null, 1)).toBe(format)
    })
  })

  test('says that a file is missing', async () => {
    const error = await knownErrorOf(detectFormat('/nowhere/leavers.txt', 'leavers.txt', null))
    expect(error.message).toBe('The input leavers.txt cannot be read: there is no such file.')
  })
})
