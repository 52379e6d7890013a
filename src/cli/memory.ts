import { setFlagsFromString } from 'node:v8'

/**
 * Lets V8 collect garbage each time the heap has grown by 70%. By default it lets the heap grow by several times. A run
 * creates much that lives for a moment and keeps little: by default a hundred thousand rows take two fifths more memory
 * and no less time. At 100% they take 179 MB, at 70% 167 MB, at 50% 166 MB, with no difference in time beyond chance.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--heap-growing-percent=70')
}
