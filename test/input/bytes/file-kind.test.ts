import { expect, test } from 'vitest'
import { refuseOtherKinds } from '../../../src/input/bytes/file-kind.ts'

test.each<[string, Buffer]>([
  ['Excel 2', Buffer.from('09000400020010000400', 'hex')],
  ['.slk', Buffer.from('ID;PWXL;N;E\nP;PGeneral\n')],
  ['.dif', Buffer.from('TABLE\r\n0,1\r\n"sheet"\r\n')],
  ['LDIF', Buffer.from('version: 1\n\ndn: uid=ada,dc=example,dc=com\nmail: ada@example.com\n')],
  ['vCard', Buffer.from('BEGIN:VCARD\r\nVERSION:3.0\r\n')],
  ['iCalendar', Buffer.from('BEGIN:VCALENDAR\n')],
  ['YAML', Buffer.from('- user: ada@example.com\n')],
  ['YAML', Buffer.from('---\nleavers:\n  - ada@example.com\n')],
  ['YAML', Buffer.from('leavers:\n  - ada@example.com\n')],
  ['pandas', Buffer.from('{"columns":["user"],"data":[["ada@example.com"]]}')],
  ['pandas', Buffer.from('{"index":[0],"columns":["user"],"data":[["ada@example.com"]]}')],
])('a file of another kind is named as what it is: %s', (what, head) => {
  expect(() => refuseOtherKinds('leavers.csv', head)).toThrow(what)
})

test.each([
  'ID;PRICE\n1;2\n',
  'TABLE\n1\n',
  'dn,mail\nx,y\n',
  'Leavers:\nuser\nada@example.com\n',
  '---\nuser\n',
  '{"columns":["a"],"data":"x","user":"ada@example.com"}',
])('a CSV is not taken for one: %j', (text) => {
  expect(() => refuseOtherKinds('leavers.csv', Buffer.from(text))).not.toThrow()
})
