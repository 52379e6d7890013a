import { setFlagsFromString } from 'node:v8'

/**
 * Lets V8 collect garbage each time the heap has grown by three fifths. By default it lets the heap grow by several
 * times. A run creates many short-lived objects and keeps few: by default a hundred thousand rows take half as much
 * memory again (242 MB instead of 160 MB), and a tenth less processor time.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--heap-growing-percent=60')
}
