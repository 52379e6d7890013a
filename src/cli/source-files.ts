import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import { regularChunks } from '../files/read-regular.ts'
import { parseSystemError } from '../files/system-error.ts'
import type { Prepared } from '../job/prepare.ts'
import { Refusal } from '../messages/known-error.ts'
import type { SourceFile } from '../plan/saved-plan-schema.ts'

/**
 * The files that a plan is made from, the input first.
 *
 * @param inputSha256 the SHA-256 of the copy that was planned
 * @throws the system's error when one can't be read
 */
export async function sourceFilesOf(
  { source, jobFile, protectFile }: Pick<Prepared, 'source' | 'jobFile' | 'protectFile'>,
  inputSha256: string,
): Promise<SourceFile[]> {
  const files: SourceFile[] = [{ what: 'input', path: resolve(source), sha256: inputSha256 }]
  if (jobFile !== null) files.push({ what: 'job file', path: jobFile, sha256: await sha256Of(jobFile) })
  if (protectFile !== null) {
    files.push({ what: 'list of protected users', path: protectFile, sha256: await sha256Of(protectFile) })
  }
  return files
}

/**
 * Checks that each file is where the plan found it, and has not changed.
 *
 * @throws Refusal for one that has changed, is gone or can't be read
 */
export async function checkSourceFiles(files: readonly SourceFile[]): Promise<void> {
  for (const { what, path, sha256 } of files) {
    let found: string
    try {
      found = await sha256Of(path)
    } catch (error) {
      throw refused(`The ${what} of the plan, ${path}, can't be read: ${whyOf(error)}.`, error)
    }
    if (found !== sha256) throw refused(`The ${what} ${path} has changed since the plan was made.`)
  }
}

function refused(message: string, cause?: unknown): Refusal {
  return new Refusal(
    `${message} Nothing was sent.`,
    'Restore the file as it was, or plan again: okta-lifecycle plan … --out plan.json',
    cause,
  )
}

function whyOf(error: unknown): string {
  return parseSystemError(error)?.why ?? (error instanceof Error ? error.message : String(error))
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of regularChunks(path)) hash.update(chunk)
  return hash.digest('hex')
}
