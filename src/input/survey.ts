import { type ColumnMapping, usedColumns, usedNamesOf } from './column-mapping.ts'
import { type RivalColumn, RivalColumns } from './columns/rival-columns.ts'
import { type OtherSubject, RowSubject } from './columns/row-subject.ts'
import { type ColumnWarning, UnusedColumns } from './columns/unused-columns.ts'
import { MidnightsWatch, warnOfMidnights } from './due/midnights.ts'
import { type MixedDates, MixedDatesWatch } from './due/mixed-dates.ts'
import { isFailedHeader } from './failed-csv.ts'
import type { InputFile } from './input-file.ts'
import { cellAt } from './json/nested.ts'
import { asInvalid, columnsOfSettings, dueColumnOf, type RowSettings } from './judge-row.ts'
import type { KeyKind } from './key/user-key.ts'
import { plainText } from './plain-text.ts'
import { readRows } from './read-rows.ts'
import type { InputRow, InvalidRow, ValidRow } from './row.ts'
import { SplitUsers } from './split-users.ts'
import { countsOf, Tally, type TallyCounts } from './tally.ts'
import { type SampledUser, sampleUsers, type UserSample } from './user-sample.ts'

/** Counts of what an input holds. Tasks are those of valid rows, duplicates included. */
export interface Survey extends TallyCounts {
  /** All rows: valid, invalid and not selected together. */
  readonly rows: number
  readonly validRows: number
  /** Valid rows that are due and are not duplicates. */
  readonly rowsToActOn: number
  readonly invalidRows: number
  /** Rows that `input.where` leaves out. */
  readonly notSelectedRows: number
  /** Rows that name no action themselves and take the action of the flag or the job. */
  readonly jobActionRows: number
  /** How many valid rows have a key of each kind. */
  readonly keys: Readonly<Record<KeyKind, number>>
  /** The first of the invalid rows, at most 20. */
  readonly firstInvalid: readonly InvalidRow[]
}

/** A survey of a whole input, with what its columns are used for. */
export interface InputSurvey extends Survey {
  /** How to read the rows after the survey. It includes what only all rows together can tell. */
  readonly mapping: ColumnMapping
  readonly unusedColumns: readonly string[]
  /** Hints that perhaps not everybody in the file is to be acted on, or not yet. */
  readonly warnings: readonly ColumnWarning[]
  /** A sample of the users with a row that is due. */
  readonly sample: UserSample
  /** An unused column that may hold the user just as well; null if there is none. */
  readonly rival: RivalColumn | null
  /** An unused column that shows that the rows may be about others; null if there is none. */
  readonly otherSubject: OtherSubject | null
  /** Dates of a sheet that are written in two ways, one of which may be wrong; null if there are none. */
  readonly mixedDates: MixedDates | null
}

const mostInvalidKept = 20

/**
 * Counts rows one by one. Only the different user keys are kept in memory, about 100 bytes each. Rows whose key is a
 * short name are counted separately, because only all rows together tell whether they can be acted on.
 */
export class SurveyCounter {
  #rows = 0
  #invalidRows = 0
  #notSelectedRows = 0
  readonly #firstInvalid: InvalidRow[] = []
  readonly #firstShortNames: ValidRow[] = []
  readonly #tallies: Readonly<Record<KeyKind, Tally>> = {
    id: new Tally(),
    address: new Tally(),
    short_name: new Tally(),
  }

  readonly #now: number

  /** @param now milliseconds since 1970, to tell which rows are due */
  constructor(now: number) {
    this.#now = now
  }

  /** @param takesJobAction whether the row names no action itself and takes the flag's or the job's */
  add(row: InputRow, takesJobAction = false): void {
    this.#rows += 1
    if (row.kind === 'invalid') {
      this.#invalidRows += 1
      if (this.#firstInvalid.length < mostInvalidKept) this.#firstInvalid.push(row)
    } else if (row.kind === 'not_selected') {
      this.#notSelectedRows += 1
    } else {
      this.#tallies[row.keyKind].add(row, takesJobAction, this.#now)
      if (row.keyKind === 'short_name' && this.#firstShortNames.length < mostInvalidKept)
        this.#firstShortNames.push(row)
    }
  }

  /** All users with a row that is due, and what these rows do with them. */
  *dueUsersSampled(): Iterable<SampledUser> {
    for (const tally of Object.values(this.#tallies)) yield* tally.dueUsersSampled()
  }

  /**
   * Whether the keys are addresses, so that a short name among them is something else. More than half of the other keys
   * must be addresses.
   */
  areAddresses(): boolean {
    const { id, address, short_name: shortName } = this.#tallies
    const others = id.rows + address.rows + shortName.rows - 1
    return shortName.rows > 0 && 2 * address.rows > others
  }

  /**
   * What was counted so far.
   * @param addressColumn the column of the user if its keys are addresses, so that short names in it are not users;
   * else null
   */
  survey(addressColumn: string | null = null): Survey {
    const { id, address, short_name: shortName } = this.#tallies
    const refused = addressColumn === null ? 0 : shortName.rows
    const counted = refused === 0 ? [id, address, shortName] : [id, address]
    const invalidRows = this.#invalidRows + refused
    const validRows = this.#rows - invalidRows - this.#notSelectedRows
    const counts = countsOf(counted)
    return {
      rows: this.#rows,
      validRows,
      rowsToActOn: validRows - counts.notDueRows - counts.duplicateRows,
      invalidRows,
      notSelectedRows: this.#notSelectedRows,
      jobActionRows: counted.reduce((sum, { jobActionRows }) => sum + jobActionRows, 0),
      keys: { id: id.rows, address: address.rows, short_name: shortName.rows - refused },
      firstInvalid: addressColumn === null ? this.#firstInvalid : this.#withShortNames(addressColumn),
      ...counts,
    }
  }

  #withShortNames(column: string): InvalidRow[] {
    return [...this.#firstInvalid, ...this.#firstShortNames.map((row) => asInvalid(row, column))]
      .sort((some, other) => some.row - other.row)
      .slice(0, mostInvalidKept)
  }
}

/** Whether a row names no action itself and takes that of the flag or the job. */
function takesJobAction(row: InputRow, mapping: ColumnMapping, settings: RowSettings): boolean {
  if (row.kind !== 'valid' || settings.steps !== null || settings.action === null) return false
  return mapping.action === null || plainText(cellAt(row.cells, mapping.action)) === ''
}

/**
 * Counts what an input holds, in one pass. Throws KnownError as `readRows` does.
 * @param now milliseconds since 1970, to tell which rows are not due and which other dates lie ahead
 */
export async function surveyInput(
  input: InputFile,
  mapping: ColumnMapping,
  settings: RowSettings,
  chunkBytes?: number,
  now: number = Date.now(),
): Promise<InputSurvey> {
  const others = columnsOfSettings(settings)
  const used = usedColumns(mapping, others)
  const unusedColumns = mapping.columns.filter((column) => !used.includes(column))
  const usedNames = usedNamesOf(mapping, others)
  const notWhole = mapping.columns.filter((column) => !usedNames.includes(column))
  const unused = new UnusedColumns(notWhole, usedNames, now)
  const rivals = new RivalColumns(unusedColumns)
  const subject = new RowSubject(unusedColumns)
  const dates = new MixedDatesWatch(settings.format, settings.due ?? null, dueColumnOf(mapping, settings))
  const midnights = new MidnightsWatch(settings.due ?? null, dueColumnOf(mapping, settings))
  const counter = new SurveyCounter(now)
  // Without conditions, every row is selected.
  const split = Object.keys(settings.where ?? {}).length === 0 ? null : new SplitUsers()
  for await (const row of readRows(input, mapping, settings, chunkBytes)) {
    counter.add(row, takesJobAction(row, mapping, settings))
    split?.add(row)
    if (row.kind !== 'valid') continue
    unused.add(row.cells)
    rivals.add(row.user, row.cells)
    subject.add(row.user, row.cells)
    dates.add(row)
    midnights.add(row)
  }
  // Rows of a failed.csv were judged among all rows of the first input; those that are left may be mostly addresses.
  const wereJudged = settings.shortNames === true && isFailedHeader(mapping.columns, mapping.user)
  const addresses = mapping.addresses || (!wereJudged && counter.areAddresses())
  return {
    ...counter.survey(addresses ? mapping.user : null),
    mapping: { ...mapping, addresses },
    unusedColumns,
    warnings: [
      ...unused.warnings(),
      ...warnOfMidnights(midnights.found),
      ...(split?.warnings(mapping.user) ?? []),
    ],
    rival: rivals.rival(),
    otherSubject: subject.found(),
    mixedDates: dates.found,
    sample: sampleUsers(counter.dueUsersSampled()),
  }
}
