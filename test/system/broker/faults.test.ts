// Servers and workers that are killed, paused and filled. Each test takes a few seconds, all of it on loopback.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { credentialsFile } from '../../../src/distributed/credentials.node.js'
import { natsTransport } from '../../../src/distributed/nats.node.js'
import { startBroker } from '../../../src/distributed/server.node.js'
import { ConflictError, FullError, type Transport } from '../../../src/distributed/transport.js'
import { fateOf, holderOf } from '../../../src/holder.node.js'
import { consume, EDGE, LIMITS, produce, stepOf } from './edge.js'
import { testBroker, whyNot } from './start.js'

const LIMIT = { timeout: 30_000 }
const children: ChildProcess[] = []
after(() => {
  for (const child of children) child.kill('SIGKILL')
})

/** A program beside this file, and the lines that it tells. */
function started(
  program: string,
  ...args: string[]
): { child: ChildProcess; lines: string[]; told(what: string): Promise<void> } {
  const path = fileURLToPath(new URL(program, import.meta.url))
  const child = spawn(process.execPath, [path, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  const lines: string[] = []
  createInterface({ input: child.stdout! }).on('line', (line) => lines.push(line))
  return {
    child,
    lines,
    async told(what) {
      while (!lines.includes(what)) await wait(5)
    },
  }
}

if (whyNot) test('faults of a broker', { skip: whyNot }, () => {})
else {
  test('a server that is killed twice in the middle loses no step and brings none twice', LIMIT, async () => {
    const { broker, end } = await testBroker()
    const [from, to] = await Promise.all(broker.workers.map((own) => natsTransport(broker.url, own)))
    const [out, into] = await Promise.all([from!, to!].map((one) => one.stream('edges', LIMITS)))
    let now = broker
    const kills = [60, 130]
    let restarting = Promise.resolve()
    const killAt = (step: number): void => {
      if (step !== kills[0]) return
      kills.shift()
      restarting = (async () => {
        process.kill(now.pid, 'SIGKILL')
        await now.ended
        await wait(300)
        now = await now.restart()
      })()
    }
    const [, steps] = await Promise.all([produce(out!, 200), consume(into!, 200, killAt)])
    await restarting
    assert.deepEqual(
      steps,
      Array.from({ length: 200 }, (_, i) => i + 1),
    )
    assert.deepEqual(kills, [])
    assert.equal(stepOf((await out!.last(EDGE))!), 200)
    await Promise.all([from!.close(), to!.close()])
    await now.stop()
    await end()
  })

  test('a value that is written while the server dies is written once, and its writer knows', LIMIT, async () => {
    const { broker, end } = await testBroker()
    const transport = await natsTransport(broker.url, broker.workers[0]!)
    let now = broker
    let revision = 0
    let done = false
    const killing = (async () => {
      for (let kill = 0; kill < 3; kill++) {
        await wait(150)
        process.kill(now.pid, 'SIGKILL')
        await now.ended
        now = await now.restart()
      }
      done = true
    })()
    let count = 0
    for (; !done; count++)
      revision = await transport.values.put('lease', new TextEncoder().encode(`${count}`), revision)
    await killing
    const { value } = (await transport.values.get('lease'))!
    assert.equal(new TextDecoder().decode(value), `${count - 1}`)
    await assert.rejects(transport.values.put('lease', value, revision - 1), ConflictError)
    await transport.close()
    await now.stop()
    await end()
  })

  test('a worker that was paused and wakes is fenced, and its step is there once', LIMIT, async () => {
    const { broker, folder, end } = await testBroker()
    const transport = await natsTransport(broker.url, broker.workers[1]!)
    const stream = await transport.stream('edges', { ...LIMITS, mostPerSubject: 1000 })
    const zombie = started('producer.js', broker.url, credentialsFile(folder, 'worker-1'), '500', '5')
    await zombie.told('20')
    zombie.child.kill('SIGSTOP')
    const before = stepOf((await stream.last(EDGE))!)
    await produce(stream, before + 30)
    zombie.child.kill('SIGCONT')
    await once(zombie.child, 'exit')
    assert.equal(zombie.lines.at(-1), 'fenced')
    // It may have had its last step stored before it was paused, never one after.
    assert.ok(Number(zombie.lines.at(-2)) <= before + 1)
    const enough = new AbortController()
    const steps: number[] = []
    for await (const message of stream.read(EDGE, 0, enough.signal))
      if (steps.push(stepOf(message)) === before + 30) enough.abort()
    assert.deepEqual(
      steps,
      Array.from({ length: before + 30 }, (_, i) => i + 1),
    )
    await transport.close()
    await end()
  })

  test('who says tls is not connected without it', LIMIT, async () => {
    const { broker, end } = await testBroker()
    await assert.rejects(
      natsTransport(broker.url.replace('nats:', 'tls:'), broker.workers[0]!),
      /does not support 'tls'/,
    )
    await end()
  })

  test('a paused server is waited for', LIMIT, async () => {
    const { broker, end } = await testBroker()
    const transport = await natsTransport(broker.url, broker.workers[0]!)
    const stream = await transport.stream('edges', LIMITS)
    await produce(stream, 5)
    process.kill(broker.pid, 'SIGSTOP')
    const producing = produce(stream, 20)
    const consuming = consume(stream, 20)
    await wait(2500)
    process.kill(broker.pid, 'SIGCONT')
    await producing
    assert.equal((await consuming).length, 20)
    await transport.close()
    await end()
  })

  test('a full disk quota refuses what is too much, whole, and takes what fits', LIMIT, async () => {
    const { broker, end } = await testBroker()
    const transport = await natsTransport(broker.url, broker.workers[0]!, { mostObjects: 2 ** 23 })
    await transport.objects.put('small', new Uint8Array(2 ** 21).fill(1))
    await assert.rejects(transport.objects.put('large', new Uint8Array(2 ** 23)), FullError)
    assert.equal(await transport.objects.get('large'), undefined)
    assert.equal((await transport.objects.get('small'))?.length, 2 ** 21)
    // What is replaced or deleted makes room, however often.
    for (let i = 0; i < 10; i++) await transport.objects.put('small', new Uint8Array(2 ** 21).fill(i))
    await transport.values.put('round', Uint8Array.of(1), 0)
    await transport.close()
    await end()
  })

  test(
    'a broker whose starter was killed ends, or is ended by the next one, and what it stored is there',
    LIMIT,
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'onward-broker-'))
      const { child, lines } = started('starter.js', folder)
      while (lines.length === 0) await wait(10)
      child.kill('SIGKILL')
      await once(child, 'exit')
      const orphan = holderOf(Number(lines[0]))
      while (fateOf(orphan) !== 'dead') await wait(10)
      const left = await startBroker({ folder, run: 'test', workers: 2 })
      const kept = await startBroker({ folder, run: 'test', workers: 2 })
      assert.equal(fateOf(holderOf(left.pid)), 'dead')
      const use = async (url: string, action: (transport: Transport) => Promise<void>): Promise<void> => {
        const transport = await natsTransport(url, kept.workers[0]!)
        await action(transport)
        await transport.close()
      }
      await use(kept.url, async ({ objects }) => objects.put('state', Uint8Array.of(1, 2)))
      await kept.stop()
      const again = await startBroker({ folder, run: 'test', workers: 2 })
      await use(again.url, async ({ objects }) => assert.deepEqual(await objects.get('state'), Uint8Array.of(1, 2)))
      await again.stop()
      rmSync(folder, { recursive: true })
    },
  )
}
