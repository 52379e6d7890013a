/**
 * How many cases a property test tries: so many in every run, and `CASES=N` times as many in a night.
 *
 * @throws Error where `CASES` is not a number from 1 up
 */
export function cases(count: number): number {
  const times = Number(process.env.CASES ?? 1)
  if (!(times >= 1))
    throw new Error(`CASES: a number from 1 up was expected, but ${process.env.CASES} was found`)
  return Math.round(count * times)
}
