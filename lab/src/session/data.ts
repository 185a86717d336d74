import { type DataSet, makeDataSet } from '../../../src/data/index.js'
import { decodeDataSet } from '../../../src/train/data-file.js'

/** Gives a data set by name: made here, or from the server that offers it. Each is got once. */
export function dataSource() {
  const known = new Map<string, Promise<DataSet>>()
  const get = async (name: string): Promise<DataSet> => {
    if (name === 'glyphs') return makeDataSet(name)
    const response = await fetch(new URL(`served/data/${encodeURIComponent(name)}`, self.location.href))
    if (!response.ok)
      throw new Error(`The data set ${name} is not on the server: choose glyphs, or start onward lab where it is.`)
    return decodeDataSet(new Uint8Array(await response.arrayBuffer()), name)
  }
  return (name: string): Promise<DataSet> => {
    const before = known.get(name)
    if (before) return before
    const made = get(name)
    known.set(name, made)
    made.catch(() => known.delete(name))
    return made
  }
}
