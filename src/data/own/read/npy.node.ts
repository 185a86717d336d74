import { basename } from 'node:path'
import type { Reader } from '../content.js'
import { readBytes } from '../file.node.js'
import { isNpy, promisedBytes, readNpy } from './npy.js'

/** One array of NumPy. */
export const npyReader: Reader = {
  format: 'NPY',
  recognises: (path, head) => isNpy(head) || /\.npy(\.gz)?$/i.test(path),
  async read(path, _options, progress) {
    const name = basename(path).replace(/\.npy(\.gz)?$/i, '')
    const bytes = await readBytes(path, progress, { promised: promisedBytes })
    return { what: 'NPY', train: { kind: 'arrays', arrays: [{ name, ...readNpy(bytes, path) }] } }
  },
}
