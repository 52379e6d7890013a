import { readFile, stat } from 'node:fs/promises'
import { dirname, extname, resolve } from 'node:path'
import type { z } from 'zod'
import { KnownError, Refusal } from '../messages/known-error.ts'
import { shellWord } from '../messages/shell-word.ts'
import { visible } from '../messages/shown.ts'
import { explainIssue } from './explain-issue.ts'
import { type JobFile, jobSchema } from './job.ts'
import { type JobDocument, type PlacedProblem, parseJobDocument } from './job-document.ts'
import { findConflicts, showPath } from './job-rules.ts'

/** A job file that was read, and the absolute directory that its paths are relative to. */
export interface ReadJob {
  readonly job: JobFile
  readonly directory: string
}

const largestBytes = 1024 * 1024
const mostListed = 20
/**
 * How many problems are located. It is more than the 20 that are listed, because they can be sorted by place only once
 * they are located.
 */
const mostPlaced = 200

/**
 * Reads and checks a job file, YAML or JSON (with any extension, since JSON is a part of YAML 1.2).
 * Throws a {@link KnownError} that lists what is wrong, the first 20 as `file:line:column: path: …`.
 */
export async function readJobFile(path: string): Promise<ReadJob> {
  const text = await readText(path)
  const checked = checkJobText(text, extname(path).toLowerCase() === '.json')
  if (checked.job !== null) return { job: checked.job, directory: dirname(resolve(path)) }

  const listed = checked.problems
    .toSorted((a, b) => a.line - b.line || a.column - b.column)
    .slice(0, mostListed)
    .map((problem) => `${path}:${problem.line}:${problem.column}: ${visible(problem.message)}`)
  const more = checked.count - listed.length
  throw new Refusal(
    [...listed, ...(more > 0 ? [`and ${more} more in ${path}`] : [])].join('\n'),
    `Correct the job file, then check it: okta-lifecycle validate --job ${shellWord(path)}`,
  )
}

async function readText(path: string): Promise<string> {
  const next = 'Name a YAML or JSON job file: okta-lifecycle run --job FILE'
  let bytes: Buffer
  try {
    const { size } = await stat(path)
    if (size > largestBytes) {
      throw new Refusal(
        `${path}: a job file of at most ${largestBytes} bytes was expected, but ${size} bytes were found`,
        'If this is the input, name it without --job: okta-lifecycle run INPUT --action ACTION',
      )
    }
    bytes = await readFile(path)
  } catch (error) {
    if (error instanceof KnownError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new Refusal(`The job file ${path} can't be read: ${reason}`, next, error)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw new Refusal(
      `${path}: UTF-8 was expected, but other bytes were found`,
      'Save the job file as UTF-8.',
      error,
    )
  }
}

type Checked =
  | { readonly job: JobFile }
  | { readonly job: null; readonly problems: readonly PlacedProblem[]; readonly count: number }

function checkJobText(text: string, isJson: boolean): Checked {
  const document = parseJobDocument(text)
  if (!document.readable) return refused(document.problems)
  const jsonProblem = isJson ? findJsonProblem(text) : null
  if (jsonProblem !== null) return refused([jsonProblem])

  const parsed = jobSchema.safeParse(document.value, { error: explainIssue })
  if (!parsed.success) {
    const unplaced = parsed.error.issues.flatMap(splitIssue)
    const placed = unplaced.slice(0, mostPlaced).map((problem) => placeProblem(document, problem))
    return refused([...document.problems, ...placed], document.problems.length + unplaced.length)
  }
  const conflicts = findConflicts(parsed.data).map(({ path, message }) => ({
    ...document.positionOfValue(path),
    message: `${showPath(path)}: ${message}`,
  }))
  const problems = [...document.problems, ...conflicts]
  return problems.length === 0 ? { job: parsed.data } : refused(problems)
}

function refused(problems: readonly PlacedProblem[], count = problems.length): Checked {
  return { job: null, problems, count }
}

interface UnplacedProblem {
  readonly path: readonly PropertyKey[]
  /** The key that is not known in the mapping at the path; null if the value at the path is wrong. */
  readonly key: string | null
  readonly message: string
}

function splitIssue(issue: z.core.$ZodIssue): UnplacedProblem[] {
  const { path, message } = issue
  if (issue.code !== 'unrecognized_keys') return [{ path, key: null, message }]
  return issue.keys.map((key) => ({ path, key, message }))
}

function placeProblem(document: JobDocument, { path, key, message }: UnplacedProblem): PlacedProblem {
  if (key === null) return { ...document.positionOfValue(path), message: `${showPath(path)}: ${message}` }
  const position = document.positionOfKey(path, key)
  return { ...position, message: `${showPath([...path, key])}: ${message}, but this key is unknown` }
}

/** What YAML lets pass and JSON doesn't, such as a comment or a comma too many; null if there is none. */
function findJsonProblem(text: string): PlacedProblem | null {
  try {
    JSON.parse(text)
    return null
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const before = text.slice(0, Number(/at position (\d+)/.exec(reason)?.[1] ?? 0))
    const line = before.split('\n').length
    const column = before.length - before.lastIndexOf('\n')
    return { line, column, message: `JSON was expected: ${reason}` }
  }
}
