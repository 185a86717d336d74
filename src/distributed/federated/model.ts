import { z } from 'zod'
import { decodeSafetensors, encodeSafetensors, type NamedTensor } from '../../train/safetensors.js'
import type { Transport } from '../transport.js'
import type { ServerState } from './aggregate/server.js'
import type { Travelling } from './layout.js'
import { fromJson, hashOf, NAMES, toJson } from './names.js'

const stored = z.strictObject({ hash: z.string(), bytes: z.int() })
const model = z.strictObject({
  version: z.literal(1),
  run: z.string(),
  /** The round that made it; 0: the first state. Rounds never come again, so no two models have one hash. */
  round: z.int(),
  /** Turns of the training that it has behind it. */
  turn: z.int(),
  /** The model that the round began with. */
  before: z.string().nullable(),
  blocks: z.array(z.strictObject({ name: z.string(), ...stored.shape })),
  /** The uploads that it is made of; under privacy without what their clients claim. */
  inputs: z.array(z.strictObject({ client: z.string(), samples: z.int().optional(), hash: z.string() })),
  rule: z.string(),
  server: stored.optional(),
})

/** A published model: what it was made of, and its blocks by hash. Its own hash is that of this description. */
export type Model = z.infer<typeof model>

export type Tensors = Readonly<Record<string, Float32Array>>

const KEPT = { metadata: { format: 'onward-block', version: '1' } }

/** Stores the blocks of a model that are not there yet, and its description; returns its hash. */
export async function publishModel(
  transport: Transport,
  layout: readonly Travelling[],
  tensors: Tensors,
  server: ServerState,
  about: Omit<Model, 'version' | 'blocks' | 'server'>,
): Promise<string> {
  const put = async (bytes: Uint8Array): Promise<string> => {
    const hash = await hashOf(bytes)
    await transport.objects.put(NAMES.object(hash), bytes)
    return hash
  }
  const blocks: Model['blocks'] = []
  for (const name of new Set(layout.map(({ block }) => block))) {
    const own = layout.filter(({ block }) => block === name)
    const bytes = encodeSafetensors({ ...KEPT, tensors: own.map((tensor) => named(tensor, tensors[tensor.name]!)) })
    blocks.push({ name, hash: await put(bytes), bytes: bytes.length })
  }
  const kept = Object.entries(server).map(([name, data]) => named({ name, shape: [data.length] }, data))
  const state = kept.length > 0 && encodeSafetensors({ ...KEPT, tensors: kept })
  return await put(
    toJson({
      version: 1,
      ...about,
      blocks,
      ...(state && { server: { hash: await put(state), bytes: state.length } }),
    } satisfies Model),
  )
}

const named = ({ name, shape }: { name: string; shape: readonly number[] }, data: Float32Array): NamedTensor => ({
  ...{ name, shape, data },
  dtype: 'float32',
})

/** Objects by hash. What was fetched once is kept as long as somebody may ask for it: see `keep`. */
export function objectCache(transport: Transport, run: string) {
  let known = new Map<string, Uint8Array>()
  let fetched = 0
  const get = async (hash: string): Promise<Uint8Array> => {
    const before = known.get(hash)
    if (before) return before
    const bytes = await transport.objects.get(NAMES.object(hash))
    if (!bytes) throw new Error(`the object ${hash} of run ${run} is not there`)
    if ((await hashOf(bytes)) !== hash) throw new Error(`the object ${hash} of run ${run} is not what its hash says`)
    fetched += bytes.length
    known.set(hash, bytes)
    return bytes
  }
  const tensorsOf = async (hash: string): Promise<Record<string, Float32Array>> =>
    Object.fromEntries(decodeSafetensors(await get(hash)).tensors.map(({ name, data }) => [name, data as Float32Array]))
  return {
    async model(hash: string): Promise<Model> {
      return model.parse(fromJson(await get(hash)))
    },
    /** All tensors of a model. Blocks of models before are forgotten. */
    async tensors(hash: string): Promise<Record<string, Float32Array>> {
      const { blocks } = await this.model(hash)
      const parts = []
      for (const block of blocks) parts.push(await tensorsOf(block.hash))
      const needed = new Set([hash, ...blocks.map((block) => block.hash)])
      known = new Map([...known].filter(([key]) => needed.has(key)))
      return Object.assign({}, ...parts)
    },
    async server(hash: string): Promise<ServerState> {
      const { server } = await this.model(hash)
      return server ? await tensorsOf(server.hash) : {}
    },
    /** Bytes that had to be fetched so far. */
    fetched: () => fetched,
  }
}

/**
 * Deletes what models before the last two have and those have not: a client that is a round late still finds its model.
 * The description goes last, so that what a crash left out is found again.
 */
export async function forgetBefore(transport: Transport, run: string, hash: string): Promise<void> {
  const { objects } = transport
  const read = async (own: string | null): Promise<Model | undefined> => {
    const bytes = own === null ? undefined : await objects.get(NAMES.object(own))
    return bytes && model.parse(fromJson(bytes))
  }
  const partsOf = ({ blocks, server }: Model): string[] =>
    [...blocks, ...(server ? [server] : [])].map((own) => own.hash)
  const last = await objectCache(transport, run).model(hash)
  const before = await read(last.before)
  const old = before && (await read(before.before))
  if (!old) return
  const needed = new Set([...partsOf(last), ...partsOf(before)])
  for (const own of partsOf(old)) if (!needed.has(own)) await objects.delete(NAMES.object(own))
  await objects.delete(NAMES.object(before.before!))
}
