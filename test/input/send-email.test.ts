import { expect, test } from 'vitest'
import { checkSendEmail } from '../../src/input/send-email.ts'

test.each(['true', 'tRUE', 'Yes', 'y', '1', ' true ', '="TRUE"', 'WAHR', 'Vrai', 'vero', true, 1])(
  '%j sends mail',
  (cell) => expect(checkSendEmail(cell)).toEqual({ sendEmail: true }),
)

test.each(['False', 'FALSE', 'NO', 'n', '0', '\u00a0no', '="false"', 'FALSCH', 'faux', 'Falso', false, 0])(
  '%j sends none',
  (cell) => expect(checkSendEmail(cell)).toEqual({ sendEmail: false }),
)

test.each(['', '  ', '\u200b', '=""', null, undefined])('%j says nothing', (cell) =>
  expect(checkSendEmail(cell)).toEqual({ sendEmail: null }),
)

test.each(['maybe', '2', 'null', 'tru', '=TRUE', 2, {}, [], ['true']])('%j is a problem', (cell) =>
  expect(checkSendEmail(cell)).toEqual({
    problem: expect.stringContaining('true, false or nothing was expected'),
  }),
)
