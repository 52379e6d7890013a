import { parentPort, workerData } from 'node:worker_threads'
import type { CheckTask } from './check-beside.ts'
import { checkJournal } from './journal-reader.ts'

/** The second thread of check-beside.ts. It is a file of its own in the built program. */
const { path, expected } = workerData as CheckTask
parentPort?.postMessage(await checkJournal(path, expected))
