import { type FaultRates, faultsByRate } from './fault.ts'
import { createForeignOrg, type PlainOptions } from './server.ts'

/** The options of an org in a process of its own: they go to it as JSON. */
export interface ProcessOptions extends PlainOptions {
  readonly faults?: FaultRates
}

// The parent's death closes the channel, whatever killed it.
process.on('disconnect', () => process.exit(0))
// Interrupting the client from the keyboard, or its whole process group, is not the end of Okta.
process.on('SIGINT', () => {})
process.once('message', async (options: ProcessOptions) => {
  const { faults, ...plain } = options
  try {
    const org = await createForeignOrg(
      faults === undefined ? plain : { ...plain, fault: faultsByRate(faults) },
    )
    process.send?.({ url: org.url })
  } catch (error) {
    process.send?.({ error: String(error) })
  }
})
