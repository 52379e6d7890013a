import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { chmod, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { faultOf } from '../docs/command-line.ts'
import { withWorkplace } from './workplace.ts'

/** The seconds that a worker takes beyond its drain at most. */
const handBackSeconds = 10

const unit = readFileSync('deploy/systemd/okta-lifecycle-worker.service', 'utf8')
const compose = parse(readFileSync('deploy/compose.yaml', 'utf8'))
const [deployment, budget] = parseAllDocuments(readFileSync('deploy/kubernetes/worker.yaml', 'utf8')).map(
  (document) => document.toJS(),
)
const { template } = deployment.spec
const [container] = template.spec.containers
const [init] = template.spec.initContainers

/** How each way starts a worker, and the seconds that it leaves it to end. */
const ways: readonly (readonly [name: string, words: string, seconds: number])[] = [
  [
    'systemd',
    /^ExecStart=\S*\/okta-lifecycle (.*)$/m.exec(unit)?.[1] ?? '',
    Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1]),
  ],
  [
    'compose',
    compose.services.worker.command.join(' '),
    Number.parseInt(compose.services.worker.stop_grace_period, 10),
  ],
  ['Kubernetes', container.args.join(' '), template.spec.terminationGracePeriodSeconds],
]

describe.each(ways)('%s', (_, words, seconds) => {
  it('starts a worker by a command that the program takes', () => {
    expect(words).toMatch(/^worker /)
    expect(faultOf(words)).toBeNull()
  })

  it('leaves a stop the time that it needs', () => {
    const drain = Number(/--drain (\d+)/.exec(words)?.[1])
    expect(seconds).toBeGreaterThan(drain + handBackSeconds)
  })
})

it('no worker runs as root or can write anywhere but to its volumes, and each has a /tmp', () => {
  const { worker } = compose.services
  expect(worker).toMatchObject({ user: '1000:1000', read_only: true, cap_drop: ['ALL'], volumes: ['/tmp'] })
  expect(template.spec.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000 })
  for (const { securityContext } of [container, init])
    expect(securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
  expect(container.volumeMounts).toContainEqual({ name: 'tmp', mountPath: '/tmp' })
  for (const line of ['ProtectSystem=strict', 'PrivateTmp=yes', 'User=okta-lifecycle', 'UMask=0077'])
    expect(unit.split('\n')).toContain(line)
})

it('no file holds a secret, and every volume that is mounted is there', () => {
  expect(container.envFrom).toEqual([{ secretRef: { name: 'okta-lifecycle-store' } }])
  const volumes: readonly { readonly name: string }[] = template.spec.volumes
  const mounts: readonly { readonly name: string }[] = [...container.volumeMounts, ...init.volumeMounts]
  expect(new Set(mounts.map(({ name }) => name))).toEqual(new Set(volumes.map(({ name }) => name)))
  for (const { environment } of [compose.services.worker, compose.services.postgres])
    expect(environment.PGPASSWORD ?? environment.POSTGRES_PASSWORD).toMatch(/^\$\{LIFECYCLE_PASSWORD:\?/)
})

it('the parts of Kubernetes belong together, and the image has what a worker loads', () => {
  const labels = { matchLabels: template.metadata.labels }
  expect(deployment.spec.selector).toEqual(labels)
  expect(budget.spec.selector).toEqual(labels)
  expect(budget.spec.minAvailable).toBeLessThan(deployment.spec.replicas)
  const image = parse(readFileSync('deploy/kubernetes/cronjob.yaml', 'utf8')).spec.jobTemplate.spec.template
    .spec.containers[0].image
  expect([container.image, init.image, compose.services.worker.image]).toEqual([image, image, image])
  expect(readFileSync('deploy/Dockerfile', 'utf8')).toContain('COPY --from=build /build/node_modules ')
})

it('what Kubernetes makes of a Secret is refused, and taken after the step before the worker', async () => {
  await withWorkplace(async (place) => {
    await place.write('orgs.yaml', 'orgs: [{ orgUrl: "http://127.0.0.1:9", token: 00Fictional }]\n')
    const [secret, orgs] = ['orgs.yaml', 'private.yaml'].map((name) => join(place.directory, name)) as [
      string,
      string,
    ]
    // With a group for the volumes, the group may read them.
    await chmod(secret, 0o440)
    const store = 'postgres://nobody@127.0.0.1:1/none'
    const refused = await place.run(null, ['worker', '--store', store, '--orgs', secret])
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('chmod 600')])
    const [program, ...words] = (init.command as string[]).map((word) =>
      word.replace('/etc/okta-lifecycle/orgs.yaml', secret).replace('/run/okta-lifecycle/orgs.yaml', orgs),
    )
    await promisify(execFile)(program ?? '', words)
    expect((await stat(orgs)).mode & 0o777).toBe(0o600)
    const worker = place.start(null, ['worker', '--store', store, '--orgs', orgs])
    await worker.says(/does not answer\. Work begins when it does/)
    worker.kill('SIGTERM')
    expect((await worker.ended).code).toBe(143)
  })
})
