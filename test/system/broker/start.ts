import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findServer } from '../../../src/distributed/server/find.node.js'
import { type Broker, type BrokerSettings, startBroker } from '../../../src/distributed/server.node.js'

/** Why tests of the broker cannot run here; undefined where they can. */
export const whyNot = await findServer().then(
  () => undefined,
  (error: Error) => error.message,
)

/** A broker in a folder of its own, for one test file. */
export async function testBroker(
  settings: Partial<BrokerSettings> = {},
): Promise<{ broker: Broker; folder: string; end(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'onward-broker-'))
  const broker = await startBroker({ folder, run: 'test', workers: 2, mostStored: 2 ** 30, ...settings })
  return {
    broker,
    folder,
    async end() {
      await broker.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
