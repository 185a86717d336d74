import type { Reader } from './content.js'
import { cifarReader } from './read/cifar.node.js'
import { csv } from './read/csv.node.js'
import { folderReader } from './read/folder.node.js'
import { idxReader } from './read/idx.node.js'
import { npyReader } from './read/npy.node.js'
import { npzReader } from './read/npz.node.js'
import { parquet } from './read/parquet.node.js'
import { safetensorsReader } from './read/safetensors.node.js'

/** The formats of arrays. */
export const ARRAY_READERS: readonly Reader[] = [cifarReader, idxReader, npyReader, npzReader, safetensorsReader]

/**
 * The formats of one's own data, in the order in which they are asked whether a path is theirs: those that go by first
 * bytes before those that go by names alone.
 */
export const READERS: readonly Reader[] = [...ARRAY_READERS, parquet, csv, folderReader]
