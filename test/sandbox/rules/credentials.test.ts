import { describe, expect, it } from 'vitest'
import type { UserStatus } from '../../../src/okta/status.ts'
import { passwordFault } from '../../../src/sandbox/rules/secrets.ts'
import type { Sandbox } from '../../../src/sandbox/sandbox.ts'
import { api, errorOf, orgOf, read, userOf, withSandbox } from '../with-sandbox.ts'

const start = Date.UTC(2026, 0, 2, 3, 4, 5)
const profile = { firstName: 'Ann', lastName: 'Lee', email: 'ann@example.com', login: 'ann@example.com' }
const credentials = {
  password: { value: 'Abcd1234' },
  recovery_question: { question: 'Who?', answer: 'Me' },
}

/** A sandbox with the user ann, who was given a password and a recovery question; each call a second later. */
async function withAnn(use: (sandbox: Sandbox, path: string) => Promise<void>): Promise<void> {
  let now = start
  const clock = (): number => {
    now += 1
    return Math.floor(now / 1000) * 1000
  }
  await withSandbox({ seed: orgOf([]), now: clock }, async (sandbox) => {
    const { body } = await api(sandbox, 'POST', '/users', { profile, credentials })
    now += 60_000
    await use(sandbox, `/users/${(body as { id: string }).id}`)
  })
}

async function statusOf(sandbox: Sandbox): Promise<unknown> {
  return ((await read(sandbox, 'ann')).body as { status: string }).status
}

describe('passwords', () => {
  it('are changed by who knows the old one', async () => {
    await withAnn(async (sandbox, path) => {
      const change = { oldPassword: { value: 'Abcd1234' }, newPassword: { value: '1234Abcd' } }
      const answer = await api(sandbox, 'POST', `${path}/credentials/change_password`, change)
      const question = { question: 'Who?' }
      expect(answer).toMatchObject({ status: 200, body: { password: {}, recovery_question: question } })
      expect((await read(sandbox, 'ann')).body).toMatchObject({ passwordChanged: '2026-01-02T03:05:05.000Z' })
      const again = await api(sandbox, 'POST', `${path}/credentials/change_password`, change)
      expect(errorOf(again)).toMatch(/^403 E0000014 \| .*not correct/)
    })
  })

  it('must meet the rules', async () => {
    await withAnn(async (sandbox, path) => {
      const change = { oldPassword: { value: 'Abcd1234' }, newPassword: { value: 'abc' } }
      const answer = await api(sandbox, 'POST', `${path}/credentials/change_password`, change)
      expect(errorOf(answer)).toMatch(/^400 E0000001 \| password: Password requirements/)
    })
  })

  it.each([
    ['Abcd1234', 'ann@example.com', true],
    ['Ab1', 'ann@example.com', false],
    ['abcd1234', 'ann@example.com', false],
    ['ABCD1234', 'ann@example.com', false],
    ['Abcdefgh', 'ann@example.com', false],
    ['Gwendolen1', 'gwendolen.fairfax@example.com', false],
    ['xFairFax1', 'gwendolen.fairfax@example.com', false],
    ['Abcd1ann', 'ann@example.com', true],
    ['Pässwört1', 'ann@example.com', true],
  ])('%s of %s is good: %s', (password, login, good) => {
    expect(passwordFault(password, login) === null).toBe(good)
  })

  it('are recovered by who knows the answer, in any letter case, by either path', async () => {
    await withAnn(async (sandbox, path) => {
      const answer = { password: { value: '1234Abcd' }, recovery_question: { answer: 'ME ' } }
      for (const name of ['forgot_password_recovery_question', 'forgot_password']) {
        expect((await api(sandbox, 'POST', `${path}/credentials/${name}`, answer)).status).toBe(200)
      }
      const wrong = { ...answer, recovery_question: { answer: 'you' } }
      expect(errorOf(await api(sandbox, 'POST', `${path}/credentials/forgot_password`, wrong))).toMatch(
        /^403 E0000014/,
      )
    })
  })

  it('keep the question that is asked, which the password lets one change', async () => {
    await withAnn(async (sandbox, path) => {
      const url = `${path}/credentials/change_recovery_question`
      const wanted = {
        password: { value: 'Abcd1234' },
        recovery_question: { question: 'Why?', answer: 'so' },
      }
      const answer = await api(sandbox, 'POST', url, wanted)
      expect(answer).toMatchObject({ status: 200, body: { recovery_question: { question: 'Why?' } } })
      expect(errorOf(await api(sandbox, 'POST', url, { ...wanted, password: { value: 'x' } }))).toMatch(
        /^403/,
      )
      const blank = { ...wanted, recovery_question: { question: 'Why?' } }
      expect(errorOf(await api(sandbox, 'POST', url, blank))).toMatch(
        /answer: The field cannot be left blank/,
      )
    })
  })

  it('expire, until the user chooses another', async () => {
    await withAnn(async (sandbox, path) => {
      const expired = await api(sandbox, 'POST', `${path}/lifecycle/expire_password`)
      expect(expired.body).toMatchObject({
        status: 'PASSWORD_EXPIRED',
        statusChanged: '2026-01-02T03:05:05.000Z',
      })
      const withTemporary = await api(sandbox, 'POST', `${path}/lifecycle/expire_password?tempPassword=true`)
      expect(Object.keys(withTemporary.body as object)).toEqual(['tempPassword'])
      const { tempPassword } = withTemporary.body as { tempPassword: string }
      const change = { oldPassword: { value: tempPassword }, newPassword: { value: '1234Abcd' } }
      expect((await api(sandbox, 'POST', `${path}/credentials/change_password`, change)).status).toBe(200)
      expect(await statusOf(sandbox)).toBe('ACTIVE')
      const newer = await api(sandbox, 'POST', `${path}/lifecycle/expire_password_with_temp_password`)
      expect(newer.body).toEqual({ tempPassword: expect.any(String) })
      expect(await statusOf(sandbox)).toBe('PASSWORD_EXPIRED')
    })
  })

  it('are reset by a link, which the mail or the answer brings', async () => {
    await withAnn(async (sandbox, path) => {
      const byMail = await api(sandbox, 'POST', `${path}/lifecycle/reset_password`)
      expect(byMail).toMatchObject({ status: 200, body: {} })
      expect(await statusOf(sandbox)).toBe('RECOVERY')
      const byLink = await api(sandbox, 'POST', `${path}/lifecycle/reset_password?sendEmail=false`)
      const { resetPasswordUrl } = byLink.body as { resetPasswordUrl: string }
      expect(resetPasswordUrl).toMatch(new RegExp(`^${sandbox.url}/reset_password/[\\w-]{20}$`))
    })
  })

  it('are forgotten by the ACTIVE, whose status stays', async () => {
    await withAnn(async (sandbox, path) => {
      const answer = await api(sandbox, 'POST', `${path}/credentials/forgot_password?sendEmail=false`)
      const url = new RegExp(`^${sandbox.url}/signin/reset-password/[\\w-]{20}$`)
      expect(answer.body).toEqual({ resetPasswordUrl: expect.stringMatching(url) })
      expect(await statusOf(sandbox)).toBe('ACTIVE')
    })
  })

  it('are forgotten without a recovery question too', async () => {
    await withSandbox({ seed: orgOf([userOf('a@example.com', 'ACTIVE')]) }, async (sandbox) => {
      expect(await api(sandbox, 'POST', '/users/a/credentials/forgot_password')).toMatchObject({
        status: 200,
        body: {},
      })
    })
  })

  const refused: readonly (readonly [string, UserStatus])[] = [
    ['lifecycle/expire_password', 'STAGED'],
    ['lifecycle/expire_password', 'SUSPENDED'],
    ['lifecycle/reset_password', 'STAGED'],
    ['lifecycle/reset_password', 'DEPROVISIONED'],
    ['credentials/forgot_password', 'SUSPENDED'],
    ['credentials/change_password', 'SUSPENDED'],
    ['credentials/change_recovery_question', 'DEPROVISIONED'],
  ]
  it.each(refused)('%s is refused for a user who is %s', async (path, status) => {
    await withSandbox({ seed: orgOf([userOf('a@example.com', status)]) }, async (sandbox) => {
      expect(errorOf(await api(sandbox, 'POST', `/users/a/${path}`))).toBe('403 E0000038')
      expect(sandbox.org.find('a')?.status).toBe(status)
    })
  })

  it('of a directory’s users are the directory’s', async () => {
    const user = userOf('a@example.com', 'ACTIVE', { source: 'ACTIVE_DIRECTORY' })
    await withSandbox({ seed: orgOf([user]) }, async (sandbox) => {
      expect(errorOf(await api(sandbox, 'POST', '/users/a/lifecycle/expire_password'))).toBe('403 E0000038')
    })
  })
})
