/** `2026-11-24 08:00:01` of an RFC 3339 time in UTC. */
export function shownTime(time: string): string {
  return time.replace('T', ' ').replace(/(\.\d+)?Z$/, '')
}
