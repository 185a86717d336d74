import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import {
  credentialsFile,
  keptCredentials,
  makeCredentials,
  publicKeyOf,
  readCredentials,
} from '../../src/distributed/credentials.node.js'
import { clientRights, offeredRights } from '../../src/distributed/rights.js'
import { configurationOf } from '../../src/distributed/server/configuration.js'
import { checkExposure, isNear } from '../../src/distributed/server/exposure.node.js'
import { findServer, isOlder } from '../../src/distributed/server/find.node.js'
import { UsageError, UserError } from '../../src/errors.js'

const folder = mkdtempSync(join(tmpdir(), 'onward-server-'))
after(() => rmSync(folder, { recursive: true }))

/** A program that says that it is nats-server of some version. */
function program(name: string, says: string): string {
  const path = join(folder, name, 'nats-server')
  mkdirSync(join(folder, name))
  writeFileSync(path, `#!/bin/sh\necho "${says}"\n`)
  chmodSync(path, 0o755)
  return path
}

test('the server is the one that is named, then the first on the path, then one beside it', async () => {
  const [named, onPath, beside] = [
    program('a', 'nats-server: v2.11.3'),
    program('b', 'nats-server: v2.9.10'),
    program('c', 'nats-server: v2.15.1'),
  ]
  const PATH = `${folder}:${join(folder, 'b')}`
  const more = [join(folder, 'c')]
  assert.deepEqual(await findServer({ NATS_SERVER: named, PATH }, more), { path: named, version: '2.11.3' })
  assert.deepEqual(await findServer({ PATH }, more), { path: onPath, version: '2.9.10' })
  assert.deepEqual(await findServer({ PATH: folder }, more), { path: beside, version: '2.15.1' })
})

test('without a server one line says how to get one', async () => {
  const refused = (env: NodeJS.ProcessEnv, what: RegExp): Promise<void> =>
    assert.rejects(findServer(env, []), (error) => error instanceof UserError && what.test(error.message))
  await refused({}, /^no nats-server was found: .*https:\/\/github\.com\/nats-io\/nats-server\/releases|docker cp/)
  await refused({ NATS_SERVER: join(folder, 'nothing') }, /nothing is no nats-server that runs here/)
  await refused(
    { NATS_SERVER: program('d', 'nats-server: v2.8.4') },
    /is nats-server 2\.8\.4, and it takes 2\.9\.0 or later/,
  )
})

test('versions are compared by their numbers', () => {
  assert.deepEqual(
    [
      ['2.9.10', '2.12.7'],
      ['2.12.6', '2.12.7'],
      ['2.12.7', '2.12.7'],
      ['2.15.1', '2.12.7'],
      ['3.0.0', '2.12.7'],
    ].map(([a, b]) => isOlder(a!, b!)),
    [true, true, false, false, false],
  )
})

test('addresses of this machine and of private networks are near, all others are not', () => {
  const near = [
    '127.0.0.1',
    'localhost',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.0.1',
    '::1',
    'fd00::1',
    'fe80::1',
  ]
  const far = ['0.0.0.0', '::', '8.8.8.8', '172.32.0.1', '192.169.0.1', '11.0.0.1', '2001:db8::1']
  assert.deepEqual([...near, ...far].filter(isNear), near)
})

test('an old server is opened to nobody, and no server talks in the clear to all', () => {
  const own = { host: '127.0.0.1', tls: false, websocket: false, leafnodes: false }
  const refused = (version: string, more: Partial<typeof own>, what: RegExp): void =>
    assert.throws(
      () => checkExposure(version, { ...own, ...more }),
      (error) => error instanceof UsageError && what.test(error.message),
    )
  checkExposure('2.9.10', own)
  checkExposure('2.9.10', { ...own, host: '192.168.0.7' })
  refused(
    '2.9.10',
    { host: '0.0.0.0', tls: true },
    /^listening on 0\.0\.0\.0 is refused with nats-server 2\.9\.10: before 2\.12\.7 .*CVE-2026-27889/,
  )
  refused('2.12.6', { websocket: true }, /^WebSocket is refused/)
  refused('2.11.0', { leafnodes: true }, /^leaf nodes is refused/)
  refused('2.15.1', { host: '0.0.0.0' }, /refused without TLS/)
  refused('2.15.1', { host: 'example.org' }, /listens on an address, not on "example\.org"/)
  checkExposure('2.12.7', { host: '0.0.0.0', tls: true, websocket: true, leafnodes: true })
})

test('credentials are kept, readable by their owner alone, and read back; another file is refused', () => {
  const kept = keptCredentials(folder, { run: 'r1', role: 'client', id: 'alice' })
  const path = credentialsFile(folder, 'alice')
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.deepEqual(readCredentials(path), kept)
  assert.deepEqual(keptCredentials(folder, { run: 'r1', role: 'client', id: 'alice' }), kept)
  assert.notEqual(keptCredentials(folder, { run: 'r2', role: 'client', id: 'alice' }).seed, kept.seed)
  assert.match(publicKeyOf(kept), /^U[A-Z2-7]{55}$/)
  for (const text of [
    '',
    '{}',
    JSON.stringify({
      ...makeCredentials({ run: 'r', role: 'worker', id: 'a' }),
      format: 'onward credentials 1',
      seed: 'SUX',
    }),
  ]) {
    writeFileSync(path, text)
    assert.throws(() => readCredentials(path), /holds no credentials of Onward: take the file/)
  }
  assert.throws(() => readCredentials(join(folder, 'none.json')), UserError)
  for (const word of ['../x', 'a.b', '*', ''])
    assert.throws(() => keptCredentials(folder, { run: 'r', role: 'worker', id: word }), UsageError)
})

test('the configuration gives each client an account of its own, and tells no secrets', () => {
  const [worker, client] = [
    makeCredentials({ run: 'r1', role: 'worker', id: 'w' }),
    makeCredentials({ run: 'r1', role: 'client', id: 'c1' }),
  ]
  const text = configurationOf({
    host: '::1',
    port: 4222,
    folder: '/a "b"',
    workers: [publicKeyOf(worker)],
    offered: offeredRights('r1'),
    clients: [{ id: 'c1', key: publicKeyOf(client), rights: clientRights('r1', 'c1') }],
    mostStored: undefined,
    mostMessage: 100,
    synced: true,
  })
  assert.ok(!text.includes(worker.seed) && !text.includes(client.seed))
  assert.match(text, /listen: "\[::1\]:4222"/)
  assert.match(text, /store_dir: "\/a \\"b\\"\/store"/)
  const own = text.slice(text.indexOf('CLIENT_c1'))
  const run = text.slice(0, text.indexOf('CLIENT_c1'))
  assert.ok(own.includes(publicKeyOf(client)) && !run.includes(publicKeyOf(client)))
  const subjects = [...own.matchAll(/subject: "([^"]+)"/g)].map(([, subject]) => subject!)
  assert.equal(subjects.filter((subject) => subject.startsWith('onward.r1.up.*.*.c1')).length, 17)
  const others = subjects.filter((subject) => !subject.startsWith('onward.r1.up.*.*.c1'))
  assert.deepEqual(others, [
    'onward.r1.alive.c1',
    '$JS.API.DIRECT.GET.KV_onward_r1.>',
    '$JS.API.DIRECT.GET.OBJ_onward_r1',
    '$JS.API.DIRECT.GET.OBJ_onward_r1.>',
    'onward.r1.ctl',
  ])
})
