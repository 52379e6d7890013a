type Numbers = Float64Array | Uint32Array | Int32Array | Uint8Array

/** Entries of a block. */
const blockLength = 16 * 1024

/**
 * Numbers by index, from 0, that take no more memory than they need, even if there are millions of them: they stand in
 * blocks that are made as they are needed, so nothing is copied when there are more. What was not set is 0.
 */
export class Column {
  readonly #blocks: (Numbers | undefined)[] = []
  readonly #makeBlock: (length: number) => Numbers

  /** @param makeBlock makes an array of the kind that holds the numbers; all of them 0 */
  constructor(makeBlock: (length: number) => Numbers) {
    this.#makeBlock = makeBlock
  }

  get(index: number): number {
    return this.#blocks[Math.floor(index / blockLength)]?.[index % blockLength] ?? 0
  }

  set(index: number, value: number): void {
    const number = Math.floor(index / blockLength)
    const block = this.#blocks[number] ?? this.#makeBlock(blockLength)
    this.#blocks[number] = block
    block[index % blockLength] = value
  }

  /** Makes all numbers 0 again. */
  clear(): void {
    this.#blocks.length = 0
  }
}
