/** The longest record that is read, in bytes of CSV cells or characters of JSON. A longer one means a broken file. */
export const maxRecordLength = 1024 * 1024

/**
 * The most columns that an input may have: in CSV the cells of the header, in JSON the different keys of all records.
 */
export const maxColumns = 10_000

/** How deep the value of a JSON cell may be nested. Deeper values could not be written to a report. */
export const maxNesting = 100

/** How much of a file is read at once, in bytes. */
export const defaultChunkBytes = 64 * 1024
