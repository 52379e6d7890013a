/**
 * How many places a table of at least so many is given when it is full. A run may have a million entries in several
 * tables, so a table that has just grown is not to stand half empty.
 *
 * @param places that it has now, from 1
 * @param needed the least that it must have
 */
export function grown(places: number, needed = places + 1): number {
  return Math.max(needed, Math.ceil(places * 1.25))
}
