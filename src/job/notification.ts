import * as z from 'zod'

/** Whether the end of a job's executions is told to a web address, as the job file says it. */
export const notification = z.strictObject({
  when: z.enum(['always', 'attention']).optional().meta({
    description: 'attention: only where somebody must look, that is with any exit status except 0.',
    default: 'always',
  }),
  people: z.boolean().optional().meta({
    description:
      'Whether the notification names the users that somebody must look at. By default it holds only counts.',
    default: false,
  }),
})

/** When to tell, and whether people are named. */
export const resolvedNotification = z
  .strictObject({ when: z.enum(['always', 'attention']), people: z.boolean() })
  .readonly()

/** See {@link resolvedNotification}. */
export type Notification = z.infer<typeof resolvedNotification>

/** Settles what a job file says; null where it does not ask for notifications. */
export function mergeNotification(given: z.infer<typeof notification> | undefined): Notification | null {
  if (given === undefined) return null
  return { when: given.when ?? 'always', people: given.people ?? false }
}
