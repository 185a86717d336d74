/** What an engine in memory would forget: the last published model of a run, and what its clients keep, in a folder. */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { makeFolder, replaceFile } from '../../files.node.js'
import { FEDERATED } from '../../train/run-files.js'
import type { Transport } from '../transport.js'
import type { ToldRound } from './federate.js'
import type { ClientKeeper } from './here.js'
import { objectCache } from './model.js'
import { NAMES, toJson } from './names.js'
import { readRound } from './round/state.js'

const METRICS = 'metrics.jsonl'
const [OBJECTS, CLIENTS] = ['objects', 'clients']

/** Writes the round's state and the objects of its model to the folder; those of models before are taken away. */
export async function keepRound(folder: string, transport: Transport, run: string, model: string): Promise<void> {
  const { state } = (await readRound(transport))!
  const objects = join(folder, OBJECTS)
  makeFolder(objects)
  const { blocks, server } = await objectCache(transport, run).model(model)
  const needed = [model, ...blocks.map(({ hash }) => hash), ...(server ? [server.hash] : [])]
  for (const hash of needed)
    if (!existsSync(join(objects, hash)))
      replaceFile(join(objects, hash), (await transport.objects.get(NAMES.object(hash)))!)
  replaceFile(join(folder, FEDERATED.round), toJson(state))
  for (const hash of readdirSync(objects)) if (!needed.includes(hash)) rmSync(join(objects, hash))
}

/** Brings back what was kept; false where nothing was. */
export async function restoreRound(folder: string, transport: Transport): Promise<boolean> {
  const path = join(folder, FEDERATED.round)
  if (!existsSync(path)) return false
  for (const hash of readdirSync(join(folder, OBJECTS)))
    await transport.objects.put(NAMES.object(hash), readFileSync(join(folder, OBJECTS, hash)))
  await transport.values.put(NAMES.round, readFileSync(path), 0)
  return true
}

const END = 'safetensors'

/**
 * Keeps what the clients of a run have after each round; the last two are there, since a round may be made again. What a
 * client kept there of another run is not read, and goes when this one keeps something: rounds count anew in each run.
 */
export function keeperIn(folder: string, run: string): ClientKeeper {
  const own = join(folder, CLIENTS)
  const filesOf = (client: string): { name: string; round: number; isOwn: boolean }[] =>
    existsSync(own)
      ? readdirSync(own)
          .flatMap((name) => {
            // Files without a run are those of versions before.
            const [end, round, whose, which] = name.split('.').reverse()
            return end === END && whose === client ? [{ name, round: Number(round), isOwn: which === run }] : []
          })
          .sort((a, b) => a.round - b.round)
      : []
  return {
    async last(client, round) {
      const last = filesOf(client).findLast((file) => file.isOwn && file.round < round)
      return last && readFileSync(join(own, last.name))
    },
    async keep(client, round, bytes) {
      makeFolder(own)
      replaceFile(join(own, `${run}.${client}.${round}.${END}`), bytes)
      const files = filesOf(client)
      const kept = files.filter(({ isOwn }) => isOwn).slice(-2)
      for (const file of files) if (!kept.includes(file)) rmSync(join(own, file.name))
    },
  }
}

/** The last round that the events of a run tell of, and the turns that were done after it; 0: none. */
export function lastTold(run: string): ToldRound {
  const path = join(run, METRICS)
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : []
  let last: ToldRound = { round: 0, turn: 0 }
  for (const line of lines.filter((text) => text.startsWith('{"event":"round"'))) {
    const { round, turn } = parsed(line) ?? last
    last = { round: Math.max(last.round, round), turn: Math.max(last.turn, turn) }
  }
  return last
}

/** A line that was cut off tells of nothing. */
function parsed(line: string): ToldRound | undefined {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
