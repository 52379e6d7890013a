import { expect, test } from 'vitest'
import { refuseOtherKinds } from '../../../src/input/bytes/file-kind.ts'

test.each<[string, Buffer]>([
  ['Excel 2', Buffer.from('09000400020010000400', 'hex')],
  ['.slk', Buffer.from('ID;PWXL;N;E\nP;PGeneral\n')],
  ['.dif', Buffer.from('TABLE\r\n0,1\r\n"sheet"\r\n')],
])('a file of another kind is named as what it is: %s', (what, head) => {
  expect(() => refuseOtherKinds('leavers.csv', head)).toThrow(what)
})

test.each(['ID;PRICE\n1;2\n', 'TABLE\n1\n'])('a CSV is not taken for one: %j', (text) => {
  expect(() => refuseOtherKinds('leavers.csv', Buffer.from(text))).not.toThrow()
})
