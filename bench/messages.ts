// Messages through the broker: a process encodes and publishes them, each after the one before, another reads and checks
// them. MB/s from the first to the last that arrives, as JSON, and the processor time of each process, which other work on
// the machine changes less. After `npx tsc -p tsconfig.test.json`:
//   node build/bench/messages.js [--mebibytes 1] [--count 400] [--runs 5]
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { credentialsFile, readCredentials } from '../src/distributed/credentials.node.js'
import { decodeMessage, encodeMessage, type WireLayout } from '../src/distributed/message.js'
import { natsTransport } from '../src/distributed/nats.node.js'
import { startBroker } from '../src/distributed/server.node.js'
import { FullError, type Stream } from '../src/distributed/transport.js'
import { median } from './records.js'

const { values } = parseArgs({
  options: {
    mebibytes: { type: 'string', default: '1' },
    count: { type: 'string', default: '400' },
    runs: { type: 'string', default: '5' },
    // How a process of a run is told what it is: ROLE,URL,CREDENTIALS,RUN.
    as: { type: 'string' },
  },
})
const floats = (Number(values.mebibytes) * 2 ** 20) / 4
const count = Number(values.count)
const LAYOUT: WireLayout = { x: { type: 'F32', shape: [floats] } }
const WINDOW = 32

/** Seconds that it took. */
async function produce(stream: Stream, subject: string): Promise<number> {
  const start = performance.now()
  const data = Float32Array.from({ length: floats }, (_, i) => Math.sin(i))
  for (let step = 1, after = 0; step <= count; ) {
    data[0] = step
    const message = encodeMessage([{ name: 'x', type: 'F32', shape: [floats], data }], { step: `${step}` })
    try {
      after = await stream.publish({ subject, ...message }, after)
      step++
    } catch (error) {
      if (!(error instanceof FullError)) throw error
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
  return (performance.now() - start) / 1000
}

/** Seconds from the first message to the last. */
async function consume(stream: Stream, subject: string): Promise<number> {
  const enough = new AbortController()
  let [step, start] = [0, 0]
  for await (const message of stream.read(subject, 0, enough.signal)) {
    const { x } = decodeMessage(message, LAYOUT)
    if (x![0] !== ++step) throw new Error(`message ${x![0]} came as number ${step}`)
    if (step === 1) start = performance.now()
    if (step % 8 === 0) await stream.purge(subject, message.sequence)
    if (step === count) enough.abort()
  }
  return (performance.now() - start) / 1000
}

if (values.as) {
  const [role, url, file, run] = values.as.split(',') as [string, string, string, string]
  const transport = await natsTransport(url, readCredentials(file))
  const stream = await transport.stream('bench', {
    subjects: ['bench.>'],
    mostPerSubject: WINDOW,
    mostBytes: 2 ** 30,
    mostMessageBytes: 8 * 2 ** 20,
  })
  const before = process.cpuUsage()
  const work = role === 'producer' ? produce : consume
  const seconds = await work(stream, `bench.${run}`)
  const { user, system } = process.cpuUsage(before)
  process.send!({ seconds, used: (user + system) / 1e6 })
  await transport.close()
  process.disconnect()
} else {
  const folder = mkdtempSync(join(tmpdir(), 'onward-messages-'))
  const broker = await startBroker({ folder, run: 'bench', workers: 2 })
  const rates: number[] = []
  const used: Record<string, number[]> = { producer: [], consumer: [], server: [] }
  const gigabytes = (count * floats * 4) / 1e9
  for (let run = 0; run < Number(values.runs); run++) {
    const before = processorSeconds(broker.pid)
    const start = async (role: string, id: string): Promise<{ seconds: number; used: number }> => {
      const as = [role, broker.url, credentialsFile(folder, id), run].join()
      const child = fork(fileURLToPath(import.meta.url), [...process.argv.slice(2), '--as', as])
      child.once('exit', (code) => {
        if (code !== 0) throw new Error(`the ${role} ended with ${code}`)
      })
      return (await once(child, 'message'))[0]
    }
    const [consumer, producer] = await Promise.all([start('consumer', 'worker-1'), start('producer', 'worker-2')])
    rates.push((gigabytes * 1000 * (count - 1)) / count / consumer.seconds)
    used.producer!.push(producer.used / gigabytes)
    used.consumer!.push(consumer.used / gigabytes)
    used.server!.push((processorSeconds(broker.pid) - before) / gigabytes)
  }
  await broker.stop()
  rmSync(folder, { recursive: true })
  const round = (rate: number): number => Math.round(rate * 10) / 10
  const sorted = rates.toSorted((a, b) => a - b)
  console.log(
    JSON.stringify({
      server: broker.version,
      mebibytes: Number(values.mebibytes),
      count,
      megabytesPerSecond: { median: round(median(rates)), least: round(sorted[0]!), most: round(sorted.at(-1)!) },
      runs: rates.map(round),
      processorSecondsPerGigabyte: Object.fromEntries(
        Object.entries(used).map(([who, of]) => [who, round(median(of))]),
      ),
      load: loadavg()[0],
    }),
  )
}

/** What a process used so far; 0 where the system does not tell. */
function processorSeconds(pid: number): number {
  if (process.platform !== 'linux') return 0
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  // In ticks, of which a second has 100.
  return (Number(fields[11]) + Number(fields[12])) / 100
}
