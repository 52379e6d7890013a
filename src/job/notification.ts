import * as z from 'zod'

/** Whether the end of each of a job's executions is reported to a web address, as the job file says. */
export const notification = z.strictObject({
  when: z.enum(['always', 'attention']).optional().meta({
    description: 'attention: only if somebody must look, that is, after any exit status except 0.',
    default: 'always',
  }),
  people: z.boolean().optional().meta({
    description:
      'Whether the notification names the users that somebody must look at. By default it contains only counts.',
    default: false,
  }),
})

/** When a notification is sent, and whether it names people. */
export const resolvedNotification = z
  .strictObject({ when: z.enum(['always', 'attention']), people: z.boolean() })
  .readonly()

/** See {@link resolvedNotification}. */
export type Notification = z.infer<typeof resolvedNotification>

/** Fills in what a job file leaves open; null if it does not ask for notifications. */
export function mergeNotification(given: z.infer<typeof notification> | undefined): Notification | null {
  if (given === undefined) return null
  return { when: given.when ?? 'always', people: given.people ?? false }
}
