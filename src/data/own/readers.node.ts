import type { Reader } from './content.js'
import { idxReader } from './idx.node.js'
import { folderReader } from './read/folder.node.js'

/**
 * The formats of one's own data, a line each, in the order in which they are asked whether a path is theirs: those that
 * go by first bytes before those that go by names alone.
 */
export const READERS: readonly Reader[] = [idxReader, folderReader]
