/**
 * Where what is written to a directory must be kept before it counts. The directory here is then only a copy, which
 * nobody needs to sync: whoever goes on with it later makes a new copy.
 */
export interface Elsewhere {
  /**
   * Keeps what follows in the directory's journal. Resolves when it is durable there. Waits as long as nobody can be
   * reached there.
   *
   * @param at where the bytes begin
   * @throws HoldLost when another process has taken over, and what the other place reports
   */
  append(at: number, bytes: Buffer): Promise<void>
  /** Keeps the directory's other files, as they are now. Waits and throws like {@link append}. */
  files(): Promise<void>
  /** Keeps the directory's journal as it is now in place of what was kept of it, and its other files with it. */
  journalReplaced(): Promise<void>
}
